//! What to tell a web server: snippets for nginx, Caddy and Apache, and the rsync line for a web host.
//!
//! Pictures and style sheets have the hash of their content in their name and are kept for ever; pages are asked
//! for again. `.cronograph` is the site's own folder and nobody's business. The policy is that of the pages themselves: nothing from elsewhere, nothing inline.

use crate::base::escape;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Names whose content never changes.
const HASHED: &str = r"-[0-9a-f]{12}(-light|-dark)?\.(png|css|js|svg)$";
/// What a page may load.
const POLICY: &str = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// For names whose content never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Makes all snippets for the pages in a folder; none for a name with characters that mean something in their languages.
pub(super) fn snippets(out: &Path) -> String {
    let folder = out.display().to_string();
    if folder.chars().any(|letter| letter.is_control() || "\"\\${}".contains(letter)) {
        return format!(
            "No lines for a web server: the name of {} has characters that cannot stand in its configuration.\n\
             Choose another folder for the pages (`out`), of letters, digits, `-`, `_` and `.`.\n",
            escape::terminal(&folder)
        );
    }
    [nginx(&folder), caddy(&folder), apache(&folder), rsync(&folder)].join("\n")
}

fn nginx(folder: &str) -> String {
    format!(
        r#"nginx, as /etc/nginx/conf.d/cronograph.conf:
    map $uri $cronograph_cache {{
        "~{HASHED}" "{FOR_EVER}";
        default "no-cache";
    }}
    server {{
        listen 80;
        server_name status.example.org;
        root "{folder}";
        add_header Cache-Control $cronograph_cache;
        add_header Content-Security-Policy "{POLICY}";
        add_header X-Content-Type-Options nosniff;
        location /.cronograph {{ return 404; }}
    }}
"#
    )
}

fn caddy(folder: &str) -> String {
    format!(
        r#"Caddy, in the Caddyfile:
    status.example.org {{
        root * "{folder}"
        file_server {{
            hide .cronograph
        }}
        @hashed path_regexp {HASHED}
        @others not path_regexp {HASHED}
        header @hashed Cache-Control "{FOR_EVER}"
        header @others Cache-Control no-cache
        header Content-Security-Policy "{POLICY}"
        header X-Content-Type-Options nosniff
    }}
"#
    )
}

fn apache(folder: &str) -> String {
    format!(
        r#"Apache, as a site of its own (once: a2enmod headers):
    <VirtualHost *:80>
        ServerName status.example.org
        DocumentRoot "{folder}"
        <Directory "{folder}">
            Require all granted
            AllowOverride None
            Options None
        </Directory>
        RedirectMatch 404 "^/\.cronograph"
        Header set Cache-Control no-cache
        <FilesMatch "{HASHED}">
            Header set Cache-Control "{FOR_EVER}"
        </FilesMatch>
        Header set Content-Security-Policy "{POLICY}"
        Header set X-Content-Type-Options nosniff
    </VirtualHost>
"#
    )
}

/// Files appear at the end of the transfer, so that no page is there before its pictures; what is gone goes last.
fn rsync(folder: &str) -> String {
    let quoted = folder.replace('\'', r#"'"'"'"#).replace('%', r"\%");
    format!(
        "A web host elsewhere, a line of the crontab (only what is new is sent; under the lock, so that no page goes\n\
         without its pictures):\n    \
         4-59/5 * * * * flock '{quoted}/.cronograph/lock' rsync -rlt --delay-updates --delete-delay \
         --exclude=/.cronograph '{quoted}/' USER@WEB.HOST:www/status/\n",
    )
}

/// The folder that keeps a web server from a path, if there is one: it runs as a user of its own. Folders that are
/// not there yet are made readable.
pub(super) fn obstacle(out: &Path) -> Option<PathBuf> {
    out.ancestors()
        .filter(|folder| fs_err::metadata(folder).is_ok_and(|meta| meta.permissions().mode() & 0o001 == 0))
        .last()
        .map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_be_read_as_configuration_is_in_no_snippet() {
        assert!(snippets(Path::new("/var/www/a b")).contains("root \"/var/www/a b\";"));
        for name in ["/srv/a\n    autoindex on;", "/srv/a\"b", "/srv/$host", "/srv/a{b"] {
            let text = snippets(Path::new(name));
            assert!(text.starts_with("No lines for a web server: ") && text.lines().count() == 2, "{text}");
        }
    }
}
