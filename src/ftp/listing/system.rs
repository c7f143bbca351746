//! What a server runs on, as far as its listings differ by it.

/// What a server runs on. Most listings can be read without knowing it; some of mainframes are bare words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum System {
    /// Unix and whatever says so.
    Unix,
    /// Windows and DOS.
    Windows,
    /// (Open)VMS.
    Vms,
    /// z/OS, OS/390, MVS.
    Mvs,
    /// IBM i, i5/OS, OS/400.
    Os400,
    /// z/VM, VM/CMS.
    Vm,
    /// HP NonStop, Tandem.
    NonStop,
}

impl System {
    /// From the text of the reply to SYST, or how people name a system; `None` where it says nothing that matters.
    pub fn from_syst(text: &str) -> Option<Self> {
        let text = text.to_ascii_uppercase();
        let says = |names: &[&str]| names.iter().any(|name| text.contains(name));
        // In this order: `UNIX Type: L8` of a z/OS that shows its Unix side is Unix.
        Some(if says(&["UNIX", "L8"]) {
            Self::Unix
        } else if says(&["WINDOWS", "MS-DOS", "MSDOS"]) {
            Self::Windows
        } else if says(&["VMS", "MULTINET"]) {
            Self::Vms
        } else if says(&["MVS", "Z/OS", "ZOS", "OS/390", "OS390"]) {
            Self::Mvs
        } else if says(&["OS/400", "OS400", "AS/400", "AS400", "I5/OS", "IBM I"]) {
            Self::Os400
        } else if says(&["Z/VM", "ZVM", "VM/CMS", "VM/ESA"]) || text.split_whitespace().any(|word| word == "VM") {
            Self::Vm
        } else if says(&["NONSTOP", "TANDEM", "GUARDIAN"]) {
            Self::NonStop
        } else {
            return None;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_known_by_their_syst_reply() {
        for (text, system) in [
            ("UNIX Type: L8", Some(System::Unix)),
            ("Windows_NT", Some(System::Windows)),
            ("VMS OpenVMS V8.4", Some(System::Vms)),
            ("MVS is the operating system of this server. FTP Server is running on z/OS.", Some(System::Mvs)),
            ("OS/400 is the remote operating system. The TCP/IP version is \"V7R3M0\".", Some(System::Os400)),
            ("VM is the operating system of this server.", Some(System::Vm)),
            ("Nonstop System.", Some(System::NonStop)),
            ("HPNONSTOP", Some(System::NonStop)),
            ("NETWARE", None),
            ("", None),
        ] {
            assert_eq!(System::from_syst(text), system, "{text}");
        }
    }
}
