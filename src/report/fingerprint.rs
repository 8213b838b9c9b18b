//! Stable identity of a finding across commits: unchanged when lines are inserted above it.

use super::location::path;
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use std::collections::BTreeMap;

/// Counts findings with equal code, file and message, in text order.
#[derive(Debug, Default)]
pub struct Fingerprints {
    seen: BTreeMap<u128, u32>,
}

impl Fingerprints {
    /// 32 hexadecimal digits from the code, the file, the message and the count.
    pub fn fingerprint(&mut self, finding: &Diagnostic, sources: &SourceMap) -> String {
        let parts = [finding.code.0, path(sources, finding.span()), &finding.message];
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
        let hash = fnv(bytes);
        let count = self.seen.entry(hash).or_default();
        *count += 1;
        let hash = if *count == 1 { hash } else { fnv(hash.to_be_bytes().into_iter().chain(count.to_be_bytes())) };
        format!("{hash:032x}")
    }
}

/// 128-bit FNV-1a. Its result never changes between versions, and nothing here needs a cryptographic hash.
fn fnv(bytes: impl Iterator<Item = u8>) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::fnv;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(format!("{:032x}", fnv("a".bytes())), "d228cb696f1a8caf78912b704e4a8964");
        assert_eq!(format!("{:032x}", fnv("foobar".bytes())), "343e1662793c64bf6f0d3597ba446f18");
    }
}
