#!/usr/bin/perl
# Prints every file that a page under the folder refers to and that is not there; exits 1 if there is one.
#   references.pl FOLDER
use strict;
use warnings;
use File::Find;
use File::Basename;

my $folder = shift or die "usage: references.pl FOLDER\n";
my ($pages, $references, $missing) = (0, 0, 0);
find({ no_chdir => 1, wanted => sub { check($_) if /\.html$/ && -f } }, $folder);
print "$pages pages, $references references, $missing missing\n";
exit($missing || !$pages ? 1 : 0);

sub check {
    my $page = shift;
    open my $handle, '<', $page or do { print "$page: $!\n"; $missing++; return };
    my $text = do { local $/; <$handle> };
    $pages++;
    if ($text !~ m{</html>\s*$}) { print "$page: is not whole\n"; $missing++ }
    while ($text =~ /\b(href|src|srcset)="([^"]*)"/g) {
        my ($kind, $value) = ($1, $2);
        for my $target ($kind eq 'srcset' ? map { (split ' ')[0] } split /,\s*/, $value : $value) {
            $target =~ s/&#x([0-9a-f]+);/chr hex $1/gei;
            $target =~ s/&amp;/&/g;
            $target =~ s/[#?].*//;
            next if $target eq '' || $target =~ /^(?:[a-z]+:|\/\/)/;
            $target =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
            my $path = $target =~ m{^/} ? "$folder$target" : dirname($page) . "/$target";
            $path .= 'index.html' if $path =~ m{/$};
            $references++;
            next if -f $path;
            print "$page: $target is not there\n";
            $missing++;
        }
    }
}
