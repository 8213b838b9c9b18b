//! The live world's own guards: deadlines, masks, locks, limits.

use super::locks::Locks;
use super::*;
use crate::backend::{Backend, CallContext, CallFuture};
use crate::secret::Secrets;
use crate::value::{Call, Class, Contact, EffectOutcome, ErrorKind};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A backend that does what its action says.
struct Odd;

impl Backend for Odd {
    fn name(&self) -> &'static str {
        "odd"
    }

    fn perform<'a>(&'a self, call: &'a Call, context: &'a CallContext<'a>) -> CallFuture<'a> {
        Box::pin(async move {
            match call.action.as_str() {
                "hangs" => std::future::pending().await,
                "panics" => panic!("canary-7"),
                "tells" => {
                    Err(ActionError::new(ErrorKind::Failed, "password canary-7 refused").with(Value::text("canary-7")))
                }
                _ => Ok(Value::list([
                    Value::text("it is canary-7"),
                    Value::number(context.time_left().as_secs() as i64),
                ])),
            }
        })
    }
}

fn channels(contacts: Vec<Contact>) -> Channels<'static> {
    let console = crate::backend::human::Console::nobody();
    Channels { contacts, mail: None, terminal: Box::new(|_| false), console: console.into(), approvers: Vec::new() }
}

fn with_live<T>(secrets: &Secrets, store: &Path, work: impl AsyncFnOnce(&Live<'_>) -> T) -> T {
    let live = Live::new(LiveConfig {
        calls: Dispatcher {
            backends: vec![Box::new(Odd)],
            hosts: &[],
            secrets,
            folder: PathBuf::from("."),
            settings: Default::default(),
        },
        channels: channels(Vec::new()),
        store: Store::at(store.to_owned()).unwrap(),
        run: "r1".into(),
        cancel: Cancel::default(),
        listener: Box::new(|_| {}),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(work(&live))
}

fn request(live: &Live<'_>, backend: &str, action: &str, class: Class, milliseconds: i64) -> Request {
    let call = Call { backend: backend.into(), action: action.into(), class, arguments: Vec::new() };
    let deadline = live.now().checked_add(SignedDuration::from_millis(milliseconds)).unwrap();
    Request { address: Address::default(), call, deadline }
}

fn secrets() -> Secrets {
    let secrets = Secrets::new(BTreeMap::new(), ".");
    secrets.register("canary-7");
    secrets
}

#[test]
fn a_backend_that_panics_ends_its_call_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    with_live(&secrets(), folder.path(), async |live| {
        for class in [Class::Change, Class::Observe] {
            let reply = live.act(request(live, "odd", "panics", class, 1000)).await;
            let error = reply.result.unwrap_err();
            assert_eq!((error.kind, error.outcome()), (ErrorKind::Unknown, EffectOutcome::Unknown));
            assert_eq!(error.message, "an internal error of rectify ended odd.panics");
        }
        let reply = live.act(request(live, "odd", "answers", Class::Change, 1000)).await;
        assert!(reply.result.is_ok());
    });
}

#[test]
fn a_backend_that_hangs_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    with_live(&secrets(), folder.path(), async |live| {
        let reply = live.act(request(live, "odd", "hangs", Class::Change, 20)).await;
        let error = reply.result.unwrap_err();
        assert_eq!(error.kind, ErrorKind::TimedOut);
        assert!(error.message.starts_with("odd.hangs gave no answer within "), "{error}");
    });
}

#[test]
fn what_cannot_begin_in_time_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    with_live(&secrets(), folder.path(), async |live| {
        let acted = live.act(request(live, "odd", "answers", Class::Change, -1)).await.result.unwrap_err();
        assert_eq!(acted.outcome(), EffectOutcome::Refused);
        let observed = live.observe(request(live, "odd", "answers", Class::Observe, -1)).await.result.unwrap_err();
        assert_eq!(observed.kind, ErrorKind::TimedOut);
    });
}

#[test]
fn no_secret_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    with_live(&secrets(), folder.path(), async |live| {
        let value = live.observe(request(live, "odd", "answers", Class::Observe, 60_000)).await.result.unwrap();
        assert_eq!(
            value,
            Value::list([Value::text("it is ***").with_loss(crate::value::Loss::Masked), Value::number(59)])
        );
        let error = live.act(request(live, "odd", "tells", Class::Change, 60_000)).await.result.unwrap_err();
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    });
}

#[test]
fn an_unknown_backend_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    with_live(&secrets(), folder.path(), async |live| {
        let error = live.act(request(live, "none", "such", Class::Change, 60_000)).await.result.unwrap_err();
        assert_eq!(
            (error.kind, error.to_string().as_str()),
            (ErrorKind::Refused, "none.such cannot be carried out here")
        );
    });
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn one_run_holds_a_lock_and_says_who() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, now) = (Clock::start(), Timestamp::UNIX_EPOCH);
    let store = Store::at(folder.path().to_owned()).unwrap();
    let first = Locks::new(&store, "first".into());
    let second = Locks::new(&store, "second".into());
    first.take(names(&["be1", "../escape"]), now, &clock).await.unwrap();
    first.take(names(&["be1"]), now, &clock).await.unwrap();
    let refused = second.take(names(&["aaa", "be1"]), now, &clock).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused);
    assert!(refused.message.contains("\"be1\" is held by run first (process"), "{refused}");
    // All or none: the one that was free was released again.
    first.take(names(&["aaa"]), now, &clock).await.unwrap();
    drop(first);
    second.take(names(&["aaa", "be1", "../escape"]), now, &clock).await.unwrap();
    let long = "x".repeat(4000);
    second.take(vec![long.clone() + "1", long + "2"], now, &clock).await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("locks")).unwrap().count(), 5);
}

#[tokio::test]
async fn whoever_came_first_is_served_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().to_owned()).unwrap();
    let clock = Clock::start();
    let soon = clock.now().checked_add(SignedDuration::from_secs(20)).unwrap();
    let holder = Locks::new(&store, "holder".into());
    holder.take(names(&["a", "b"]), Timestamp::UNIX_EPOCH, &clock).await.unwrap();
    let order = RefCell::new(Vec::new());
    let waiter = |run: &'static str, locks: &'static [&'static str], after: u64| {
        let (store, clock, order) = (&store, &clock, &order);
        async move {
            tokio::time::sleep(Duration::from_millis(after)).await;
            let waiting = Locks::new(store, run.into());
            waiting.take(names(locks), soon, clock).await.unwrap();
            order.borrow_mut().push(run);
            tokio::time::sleep(Duration::from_millis(30)).await;
            drop(waiting);
            // It comes back at once, and has to wait behind the others.
            let again = Locks::new(store, run.into());
            again.take(names(locks), soon, clock).await.unwrap();
            order.borrow_mut().push(run);
        }
    };
    let newcomer = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        holder.release(&names(&["a", "b"]));
        // The locks are free, and others wait for them.
        let error = Locks::new(&store, "newcomer".into()).take(names(&["b"]), Timestamp::UNIX_EPOCH, &clock).await;
        let error = error.unwrap_err().message;
        assert!(error.contains("run first") && error.contains("has waited for the lock"), "{error}");
    };
    // Locks that overlap, in different orders.
    tokio::join!(
        waiter("first", &["a", "b"], 0),
        waiter("second", &["b", "a"], 150),
        waiter("third", &["b"], 300),
        newcomer
    );
    assert_eq!(order.take(), ["first", "second", "third", "first", "second", "third"]);
    assert_eq!(std::fs::read_dir(folder.path().join("locks/queue")).unwrap().count(), 0, "nobody waits any more");
}

#[tokio::test]
async fn whoever_holds_a_lock_does_not_wait_behind_those_who_wait_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().to_owned()).unwrap();
    let clock = Clock::start();
    let soon = clock.now().checked_add(SignedDuration::from_secs(20)).unwrap();
    let (holder, waiter) = (Locks::new(&store, "holder".into()), Locks::new(&store, "waiter".into()));
    holder.take(names(&["pool"]), Timestamp::UNIX_EPOCH, &clock).await.unwrap();
    let waiting = waiter.take(names(&["pool", "be1"]), soon, &clock);
    assert!(tokio::time::timeout(Duration::from_millis(200), waiting).await.is_err(), "it waits for the pool");
    let waiting = waiter.take(names(&["pool", "be1"]), soon, &clock);
    let acting = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        holder.take(names(&["be1"]), Timestamp::UNIX_EPOCH, &clock).await.unwrap();
        holder.release(&names(&["be1", "pool"]));
    };
    let (waited, ()) = tokio::join!(waiting, acting);
    waited.unwrap();
}

#[test]
fn a_reset_counts_by_its_place_in_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let once = || {
        let rate = Some((1, SignedDuration::from_hours(1)));
        vec![Charge { name: "x".into(), counter: "x".into(), rate, apart: None }]
    };
    let reset = r#"{"reset":"x","at":"2035-01-01T00:00:00Z","by":"ada","reason":"the clock was wrong"}"#;
    with_live(&secrets(), folder.path(), async |live| {
        live.charge(Address::default(), once()).await.result.unwrap();
        let path = folder.path().join("limits.jsonl");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}{reset}\n")).unwrap();
        live.charge(Address::default(), once()).await.result.unwrap();
        assert!(live.charge(Address::default(), once()).await.result.is_err(), "the charge after it counts");
    });
}

#[tokio::test]
async fn a_request_that_is_given_up_or_whose_process_died_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().to_owned()).unwrap();
    let clock = Clock::start();
    let soon = clock.now().checked_add(SignedDuration::from_secs(20)).unwrap();
    let (holder, second) = (Locks::new(&store, "holder".into()), Locks::new(&store, "second".into()));
    holder.take(names(&["a"]), Timestamp::UNIX_EPOCH, &clock).await.unwrap();
    let waiting = second.take(names(&["a"]), soon, &clock);
    assert!(tokio::time::timeout(Duration::from_millis(200), waiting).await.is_err());
    let dead = r#"{"locks":["a"],"run":"dead","process":1,"since":"2026-01-01T00:00:00Z"}"#;
    std::fs::write(folder.path().join("locks/queue/0000000000000001.wait"), dead).unwrap();
    holder.release(&names(&["a"]));
    Locks::new(&store, "third".into()).take(names(&["a"]), Timestamp::UNIX_EPOCH, &clock).await.unwrap();
}

#[test]
fn a_limit_holds_for_every_run() {
    let folder = tempfile::tempdir().unwrap();
    let hour = SignedDuration::from_hours(1);
    let charge = |rate: Option<u32>, apart: Option<i64>| {
        vec![Charge {
            name: "host.reboot 2 per 1h, 10m apart".into(),
            counter: "host.reboot".into(),
            rate: rate.map(|count| (count, hour)),
            apart: apart.map(SignedDuration::from_mins),
        }]
    };
    with_live(&secrets(), folder.path(), async |live| {
        live.charge(Address::default(), charge(Some(2), None)).await.result.unwrap();
        let apart = live.charge(Address::default(), charge(None, Some(10))).await.result.unwrap_err();
        assert!(apart.message.contains("10m apart"), "{apart}");
    });
    with_live(&secrets(), folder.path(), async |live| {
        live.charge(Address::default(), charge(Some(2), None)).await.result.unwrap();
        let spent = live.charge(Address::default(), charge(Some(2), None)).await.result.unwrap_err();
        assert_eq!(spent.kind, ErrorKind::Limit);
        assert!(spent.message.contains("2 per 1h") && spent.message.contains("the next is allowed in 59m"), "{spent}");
        // Nothing was charged for what was refused.
        assert_eq!(std::fs::read_to_string(folder.path().join("limits.jsonl")).unwrap().lines().count(), 2);
    });
}

#[test]
fn a_torn_line_costs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("limits.jsonl");
    let once = || {
        vec![Charge {
            name: "x".into(),
            counter: "x".into(),
            rate: Some((1, SignedDuration::from_hours(1))),
            apart: None,
        }]
    };
    std::fs::write(&path, "{\"at\":\"20").unwrap();
    with_live(&secrets(), folder.path(), async |live| {
        live.charge(Address::default(), once()).await.result.unwrap();
        assert!(live.charge(Address::default(), once()).await.result.is_err());
    });
}

#[test]
fn a_wait_ends_when_the_clock_says_so() {
    let folder = tempfile::tempdir().unwrap();
    with_live(&secrets(), folder.path(), async |live| {
        let until = live.now().checked_add(SignedDuration::from_millis(20)).unwrap();
        let reply = live.wait(Address::default(), until).await;
        assert!(reply.at >= until);
    });
}

#[test]
fn cancelling_wakes_whoever_waits() {
    let cancel = Cancel::default();
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let waiting = std::future::poll_fn(|context| cancel.poll(context));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (at, ()) = runtime.block_on(async { tokio::join!(waiting, async { cancel.cancel(now) }) });
    assert_eq!(at, now);
}

/// A folder with these permissions.
fn folder_with(parent: &Path, name: &str, mode: u32) -> PathBuf {
    let folder = parent.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
    folder
}

#[test]
fn the_first_store_that_exists_is_used() {
    let root = tempfile::tempdir().unwrap();
    let here = |name: &str| root.path().join(name);
    let found = |service: Option<&str>, machine: &str, state_home: Option<&str>, home: Option<&str>| {
        let path = |name: Option<&str>| name.map(here);
        let places = StorePlaces {
            service: path(service),
            machine: here(machine),
            state_home: path(state_home),
            home: path(home),
        };
        let (store, other) = places.find()?;
        let name = |path: &Path| path.strip_prefix(root.path()).unwrap().display().to_string();
        Ok::<_, StoreError>((name(store.path()), other.as_deref().map(name)))
    };
    let store = |name: &str, other: Option<&str>| (name.to_owned(), other.map(str::to_owned));
    // There is no store of the machine.
    assert_eq!(found(None, "var", Some("xdg"), Some("home")).unwrap(), store("xdg/rectify", None));
    assert_eq!(found(None, "var", None, Some("home")).unwrap(), store("home/.local/state/rectify", None));
    assert_eq!(found(Some("service"), "var", Some("xdg"), None).unwrap(), store("service", None));
    assert!(matches!(found(None, "var", None, None), Err(StoreError::NoPlace)));
    // There is one, and it is the same for everybody.
    folder_with(root.path(), "var", 0o2770);
    assert_eq!(found(None, "var", None, None).unwrap(), store("var", None));
    assert_eq!(found(None, "var", Some("xdg"), Some("home")).unwrap(), store("var", None));
    folder_with(&here("xdg"), "rectify", 0o700);
    assert_eq!(found(None, "var", Some("xdg"), Some("home")).unwrap(), store("var", Some("xdg/rectify")));
    assert_eq!(found(Some("service"), "var", None, None).unwrap(), store("service", Some("var")));
    // systemd may name the same folder by another path.
    std::os::unix::fs::symlink(here("var"), here("link")).unwrap();
    assert_eq!(found(Some("link"), "var", None, None).unwrap(), store("link", None));
}

#[test]
fn a_store_that_others_may_write_to_is_refused() {
    let root = tempfile::tempdir().unwrap();
    for mode in [0o777, 0o1777, 0o702, 0o2772] {
        let error = Store::at(folder_with(root.path(), "open", mode)).unwrap_err().to_string();
        assert!(error.contains("Everybody may write") && error.contains("chmod o-w"), "{mode:o}: {error}");
    }
    for mode in [0o700, 0o755, 0o770, 0o2770] {
        Store::at(folder_with(root.path(), "open", mode)).unwrap();
    }
}

#[test]
fn what_is_in_a_shared_store_can_be_used_by_its_group() {
    let root = tempfile::tempdir().unwrap();
    for (mode, folder, file) in [(0o2770, 0o2770, 0o660), (0o700, 0o700, 0o600)] {
        let store = Store::at(folder_with(root.path(), &format!("{mode:o}"), mode)).unwrap();
        let permissions = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        store.folder("locks").open("a.lock").unwrap();
        store.open("limits.jsonl").unwrap();
        assert_eq!(permissions(store.path().join("locks")), folder);
        assert_eq!(permissions(store.path().join("locks/a.lock")), file);
        assert_eq!(permissions(store.path().join("limits.jsonl")), file);
    }
}
