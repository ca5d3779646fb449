//! Numbers in as few bytes as their size needs: groups of seven bits, the lowest first.

/// Appends a number.
pub(super) fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Returns the number at a position, and moves the position to the end of the number.
pub(super) fn read(bytes: &[u8], position: &mut usize) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = bytes[*position];
        *position += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return number;
        }
        shift += 7;
    }
}

/// Returns the distance from one number to another as a number that is small if the distance is, in either direction.
pub(super) fn distance(from: u32, to: u32) -> u64 {
    u64::from(from.abs_diff(to)) << 1 | u64::from(to < from)
}

/// Returns the number at a [`distance`] from another one.
pub(super) fn at_distance(from: u32, distance: u64) -> u32 {
    let size = (distance >> 1) as u32;
    if distance & 1 == 1 { from - size } else { from + size }
}

#[cfg(test)]
mod tests {
    use super::{at_distance, distance, push, read};

    #[test]
    fn numbers_are_read_as_they_were_written() {
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let mut bytes = Vec::new();
        numbers.iter().for_each(|number| push(&mut bytes, *number));
        let mut position = 0;
        assert_eq!(numbers.map(|_| read(&bytes, &mut position)), numbers);
        assert_eq!(position, bytes.len());
    }

    #[test]
    fn a_distance_leads_from_one_number_to_the_other() {
        for (from, to) in [(0, 0), (0, u32::MAX), (u32::MAX, 0), (7, 5), (5, 7)] {
            assert_eq!(at_distance(from, distance(from, to)), to);
        }
    }
}
