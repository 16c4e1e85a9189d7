//! What requests hold in memory together.

use elytra_webhooks::capacity::{Capacity, CapacityExceeded, Reservation};

use crate::support::property;

#[test]
fn what_is_dropped_is_free_again() {
    let capacity = Capacity::new(100);
    let mut first = capacity.reserve();
    let mut second = capacity.reserve();
    assert_eq!(first.grow_to(60), Ok(()));
    assert_eq!(second.grow_to(40), Ok(()), "to the last byte");
    assert_eq!(second.grow_to(41), Err(CapacityExceeded { bytes: 41, limit: 100 }));
    assert_eq!((first.bytes(), second.bytes(), capacity.held()), (60, 40, 100), "as before");
    drop(first);
    assert_eq!(second.grow_to(100), Ok(()));
    assert_eq!(second.grow_to(7), Ok(()), "less than before changes nothing");
    assert_eq!((second.bytes(), capacity.held()), (100, 100));
    drop(second);
    assert_eq!(capacity.held(), 0);
}

#[test]
fn no_number_of_bytes_overflows() {
    let capacity = Capacity::new(10);
    let mut one = capacity.reserve();
    assert_eq!(one.grow_to(1), Ok(()));
    assert!(one.grow_to(usize::MAX).is_err());
    assert!(capacity.reserve().grow_to(usize::MAX).is_err());
    assert_eq!(capacity.held(), 1);
}

#[test]
fn never_more_than_the_limit_is_held() {
    property(proptest::collection::vec((0_usize..4, 0_usize..80), 0..40), |steps| {
        let capacity = Capacity::new(100);
        let mut reservations: [_; 4] = std::array::from_fn(|_| capacity.reserve());
        for (which, bytes) in steps {
            if bytes == 0 {
                reservations[which] = capacity.reserve();
            } else {
                let _ = reservations[which].grow_to(bytes);
            }
            let held: usize = reservations.iter().map(Reservation::bytes).sum();
            assert_eq!(held, capacity.held());
            assert!(held <= 100, "{held}");
        }
    });
}
