//! The model of the CPU: `/proc/cpuinfo`, whose fields each architecture names in its own way, and the board of the device tree.
//!
//! Where the kernel gives numbers only, the names are those of `lscpu`: util-linux's `sys-utils/lscpu-arm.c`, the registers of vendors in
//! Arm's and RISC-V's manuals, IBM's machine types.

use super::{Context, parse};

/// Fields that hold a name, the most telling first: x86 and many others, LoongArch, MIPS, POWER and SPARC, ARM before 3.8.
const NAMES: [&str; 6] = ["model name", "Model Name", "cpu model", "cpu", "Processor", "uarch"];

/// Names of the fields that need no table; `ARMv7 Processor rev 4 (v7l)` is one, and says less than a part's number.
const GENERIC: &str = "ARMv";

/// ARM: the code of the implementer, and its name.
const IMPLEMENTERS: [(u64, &str); 14] = [
    (0x41, "ARM"),
    (0x42, "Broadcom"),
    (0x43, "Cavium"),
    (0x46, "FUJITSU"),
    (0x48, "HiSilicon"),
    (0x4d, "Motorola"),
    (0x4e, "NVIDIA"),
    (0x50, "APM"),
    (0x51, "Qualcomm"),
    (0x53, "Samsung"),
    (0x56, "Marvell"),
    (0x61, "Apple"),
    (0x70, "Phytium"),
    (0xc0, "Ampere"),
];

/// ARM: the codes of the implementer and of the part, and its name.
const PARTS: [(u64, u64, &str); 64] = [
    (0x41, 0xb76, "ARM1176"),
    (0x41, 0xc05, "Cortex-A5"),
    (0x41, 0xc07, "Cortex-A7"),
    (0x41, 0xc08, "Cortex-A8"),
    (0x41, 0xc09, "Cortex-A9"),
    (0x41, 0xc0e, "Cortex-A17"),
    (0x41, 0xc0f, "Cortex-A15"),
    (0x41, 0xd01, "Cortex-A32"),
    (0x41, 0xd02, "Cortex-A34"),
    (0x41, 0xd03, "Cortex-A53"),
    (0x41, 0xd04, "Cortex-A35"),
    (0x41, 0xd05, "Cortex-A55"),
    (0x41, 0xd06, "Cortex-A65"),
    (0x41, 0xd07, "Cortex-A57"),
    (0x41, 0xd08, "Cortex-A72"),
    (0x41, 0xd09, "Cortex-A73"),
    (0x41, 0xd0a, "Cortex-A75"),
    (0x41, 0xd0b, "Cortex-A76"),
    (0x41, 0xd0c, "Neoverse-N1"),
    (0x41, 0xd0d, "Cortex-A77"),
    (0x41, 0xd0e, "Cortex-A76AE"),
    (0x41, 0xd40, "Neoverse-V1"),
    (0x41, 0xd41, "Cortex-A78"),
    (0x41, 0xd42, "Cortex-A78AE"),
    (0x41, 0xd44, "Cortex-X1"),
    (0x41, 0xd46, "Cortex-A510"),
    (0x41, 0xd47, "Cortex-A710"),
    (0x41, 0xd48, "Cortex-X2"),
    (0x41, 0xd49, "Neoverse-N2"),
    (0x41, 0xd4a, "Neoverse-E1"),
    (0x41, 0xd4b, "Cortex-A78C"),
    (0x41, 0xd4d, "Cortex-A715"),
    (0x41, 0xd4e, "Cortex-X3"),
    (0x41, 0xd4f, "Neoverse-V2"),
    (0x41, 0xd80, "Cortex-A520"),
    (0x41, 0xd81, "Cortex-A720"),
    (0x41, 0xd82, "Cortex-X4"),
    (0x41, 0xd83, "Neoverse-V3AE"),
    (0x41, 0xd84, "Neoverse-V3"),
    (0x41, 0xd8e, "Neoverse-N3"),
    (0x42, 0x516, "ThunderX2"),
    (0x43, 0x0a1, "ThunderX-88XX"),
    (0x43, 0x0a2, "ThunderX-81XX"),
    (0x43, 0x0a3, "ThunderX-83XX"),
    (0x43, 0x0af, "ThunderX2-99xx"),
    (0x46, 0x001, "A64FX"),
    (0x46, 0x003, "MONAKA"),
    (0x48, 0xd01, "TaiShan-v110"),
    (0x48, 0xd02, "TaiShan-v120"),
    (0x4e, 0x003, "Denver 2"),
    (0x4e, 0x004, "Carmel"),
    (0x4e, 0x010, "Olympus"),
    (0x50, 0x000, "X-Gene"),
    (0x51, 0x001, "Oryon"),
    (0x51, 0x800, "Falkor-V1/Kryo"),
    (0x51, 0xc00, "Falkor"),
    (0x51, 0xc01, "Saphira"),
    (0x61, 0x022, "Icestorm-M1"),
    (0x61, 0x023, "Firestorm-M1"),
    (0x61, 0x032, "Blizzard-M2"),
    (0x61, 0x033, "Avalanche-M2"),
    (0x70, 0x663, "FTC663"),
    (0xc0, 0xac3, "Ampere-1"),
    (0xc0, 0xac4, "Ampere-1a"),
];

/// s390x: the machine type, and its name.
const MACHINES: [(&str, &str); 20] = [
    ("2064", "z900"),
    ("2066", "z800"),
    ("2084", "z990"),
    ("2086", "z890"),
    ("2094", "z9 EC"),
    ("2096", "z9 BC"),
    ("2097", "z10 EC"),
    ("2098", "z10 BC"),
    ("2817", "z196"),
    ("2818", "z114"),
    ("2827", "zEC12"),
    ("2828", "zBC12"),
    ("2964", "z13"),
    ("2965", "z13s"),
    ("3906", "z14"),
    ("3907", "z14 ZR1"),
    ("8561", "z15"),
    ("8562", "z15 T02"),
    ("3931", "z16"),
    ("9175", "z17"),
];

/// RISC-V: the JEDEC number of the vendor, and its name.
const RISCV_VENDORS: [(u64, &str); 5] =
    [(0x31e, "Andes"), (0x489, "SiFive"), (0x5b7, "T-Head"), (0x67e, "StarFive"), (0x710, "SpacemiT")];

/// The value of the first of these fields that is there: `model name : Intel …`.
pub(super) fn field<'a>(cpuinfo: &'a [u8], names: &[&str]) -> Option<&'a [u8]> {
    names.iter().find_map(|name| {
        let lines = parse::lines(cpuinfo).filter_map(|line| parse::split_once(line, b':'));
        let values = lines.filter(|(key, _)| key.trim_ascii() == name.as_bytes());
        values.map(|(_, value)| value.trim_ascii()).find(|value| !value.is_empty())
    })
}

/// The model of the CPU, and behind it the board that it is soldered on, where a device tree names that.
pub(super) fn read(context: &mut Context<'_>) -> Option<String> {
    let cpuinfo = context.read("proc/cpuinfo").ok().flatten().unwrap_or_default();
    let (cpu, model) = (of_cpu(cpuinfo), field(cpuinfo, &["Model"]).map(parse::text));
    let board = ["proc/device-tree/model", "sys/firmware/devicetree/base/model"]
        .into_iter()
        .find_map(|path| context.read_text(path))
        .map(|board| board.trim_end_matches('\0').to_owned());
    // A virtual machine of QEMU has one, too.
    let board = board.or(model).filter(|board| !board.is_empty() && !board.ends_with("dummy-virt"));
    match (cpu, board) {
        (Some(cpu), Some(board)) => Some(format!("{cpu} ({board})")),
        (cpu, board) => cpu.or(board),
    }
}

fn of_cpu(cpuinfo: &[u8]) -> Option<String> {
    let named = field(cpuinfo, &NAMES).map(parse::text);
    let is_telling = |name: &String| !name.starts_with(GENERIC);
    let by_number = || of_arm(cpuinfo).or_else(|| of_s390(cpuinfo)).or_else(|| of_riscv(cpuinfo));
    named.clone().filter(is_telling).or_else(by_number).or(named)
}

fn hexadecimal(value: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(value).ok()?.strip_prefix("0x")?, 16).ok()
}

/// `CPU implementer : 0x41`, `CPU part : 0xd0c`.
fn of_arm(cpuinfo: &[u8]) -> Option<String> {
    let implementer = hexadecimal(field(cpuinfo, &["CPU implementer"])?)?;
    let part = field(cpuinfo, &["CPU part"]).and_then(hexadecimal);
    let vendor = IMPLEMENTERS.iter().find(|(code, _)| *code == implementer).map(|(_, name)| *name);
    let known = PARTS.iter().find(|(vendor, code, _)| *vendor == implementer && Some(*code) == part);
    let part =
        known.map(|(_, _, name)| (*name).to_owned()).or_else(|| part.map(|part| format!("part {part:#05x}")));
    let vendor = vendor.map_or_else(|| format!("implementer {implementer:#04x}"), str::to_owned);
    Some(part.map_or_else(|| vendor.clone(), |part| format!("{vendor} {part}")))
}

/// `vendor_id : IBM/S390`, `processor 0: version = FF,  identification = 0133E8,  machine = 2964`.
fn of_s390(cpuinfo: &[u8]) -> Option<String> {
    let vendor = parse::text(field(cpuinfo, &["vendor_id"])?);
    let first = field(cpuinfo, &["processor 0"]).map(parse::text).unwrap_or_default();
    let Some((_, machine)) = first.split_once("machine = ") else { return Some(vendor) };
    let name = MACHINES.iter().find(|(number, _)| *number == machine).map(|(_, name)| *name);
    Some(name.map_or_else(|| format!("{vendor} {machine}"), |name| format!("{vendor} {machine} ({name})")))
}

/// `mvendorid : 0x489`, `isa : rv64imafdc`; the field `uarch` came later.
fn of_riscv(cpuinfo: &[u8]) -> Option<String> {
    let isa = parse::text(field(cpuinfo, &["isa"])?);
    let vendor = field(cpuinfo, &["mvendorid"]).and_then(hexadecimal);
    let vendor = RISCV_VENDORS.iter().find(|(number, _)| Some(*number) == vendor);
    // Without the long tail of extensions.
    let isa = isa.split('_').next().unwrap_or_default();
    Some(vendor.map_or_else(|| isa.to_owned(), |(_, name)| format!("{name} {isa}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_architecture_has_its_own_fields() {
        for (cpuinfo, model) in [
            ("processor\t: 0\nmodel name\t: AMD EPYC 7003\n", "AMD EPYC 7003"),
            ("processor : 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", "ARM Neoverse-N1"),
            ("CPU implementer : 0xc0\nCPU part : 0xac3\n", "Ampere Ampere-1"),
            (
                "model name : ARMv7 Processor rev 3 (v7l)\nCPU implementer : 0x41\nCPU part : 0xd08\n",
                "ARM Cortex-A72",
            ),
            ("CPU implementer : 0x41\nCPU part : 0xfff\n", "ARM part 0xfff"),
            ("vendor_id : IBM/S390\nprocessor 0: version = FF,  machine = 2964\n", "IBM/S390 2964 (z13)"),
            ("vendor_id : IBM/S390\nprocessor 0: version = FF,  machine = 9999\n", "IBM/S390 9999"),
            ("hart : 0\nisa : rv64imafdc_zicsr\nuarch : sifive,u74-mc\nmvendorid : 0x489\n", "sifive,u74-mc"),
            ("hart : 0\nisa : rv64imafdc_zicsr\nmvendorid : 0x5b7\n", "T-Head rv64imafdc"),
            ("processor : 0\ncpu : POWER9, altivec supported\n", "POWER9, altivec supported"),
            ("cpu model : MIPS 1004Kc V2.15\n", "MIPS 1004Kc V2.15"),
            ("processor : 0\nModel Name : Loongson-3A5000\n", "Loongson-3A5000"),
        ] {
            assert_eq!(of_cpu(cpuinfo.as_bytes()).as_deref(), Some(model));
        }
        assert_eq!(of_cpu(b"processor : 0\n"), None);
    }
}
