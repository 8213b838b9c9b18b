//! The account of the person at the terminal. A variable such as `USER` says nothing: everybody can set it.

use ecow::{EcoString, eco_format};

/// What the kernel writes where nobody has logged in: an unsigned -1.
const NOT_SET: u32 = u32::MAX;

/// The name of the account that logged in, also under `sudo` and `su`; else that of the user of this process.
pub fn account() -> EcoString {
    let login = std::fs::read_to_string("/proc/self/loginuid").ok();
    let uid = login.as_deref().and_then(login_uid).unwrap_or_else(|| rustix::process::getuid().as_raw());
    name_of(uid)
}

/// The user that logged in, as the kernel's audit says; it stays the same whatever user the person becomes.
fn login_uid(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|uid| *uid != NOT_SET)
}

fn name_of(uid: u32) -> EcoString {
    let name = uzers::get_user_by_uid(uid).and_then(|user| user.name().to_str().map(EcoString::from));
    name.unwrap_or_else(|| eco_format!("uid {uid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_counts_and_no_variable() {
        assert_eq!((login_uid("0\n"), login_uid("1000"), login_uid("4294967295\n")), (Some(0), Some(1000), None));
        assert_eq!((login_uid(""), login_uid("ada")), (None, None));
        assert_eq!(name_of(0), "root");
        assert_eq!(name_of(NOT_SET - 1), "uid 4294967294");
    }
}
