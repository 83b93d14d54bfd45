//! Promise by promise. Whatever is not as promised is told in words that a partner can act on.

use std::time::Duration;

use jiff::SignedDuration;
use tasuki_proto::provider::v1 as proto;
use tonic::Code;

use super::caller::{Caller, Mine, Refused, Told};
use super::{Check, Outcome};

/// Equal requests that are sent at once.
const AT_ONCE: usize = 8;

/// Looks at an operation before it counts as one without end.
const MOST_LOOKS: u32 = 200;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Asks about one promise.
pub(super) async fn run(caller: &Caller, check: Check) -> Outcome {
    let kept = match check {
        Check::Capabilities => capabilities(caller).await,
        Check::ValidateOnly => validate_only(caller).await,
        Check::Repeat => repeat(caller).await,
        Check::AtOnce => Box::pin(at_once(caller)).await,
        Check::OtherSpec => other_spec(caller).await,
        Check::OlderGeneration => older_generation(caller).await,
        Check::NotOffered => not_offered(caller).await,
        Check::Operation => operation(caller).await,
        Check::Ends => ends(caller).await,
        Check::Observe => observe(caller).await,
        Check::Absent => absent(caller).await,
        Check::List => list(caller).await,
        Check::Suspend => suspend(caller).await,
        Check::Change => change(caller).await,
        Check::Delete => delete(caller).await,
        Check::Overtaken => overtaken(caller).await,
        Check::ComesBack => comes_back(caller).await,
        Check::Cancel => cancel(caller).await,
    };
    match kept {
        Ok(None) => Outcome::Passed,
        Ok(Some(why)) => Outcome::Skipped(why.to_owned()),
        Err(why) => Outcome::Failed(why),
    }
}

/// Nothing when the promise is kept, the reason when it is not given, words when it is broken.
type Kept = Told<Option<&'static str>>;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, should: &T) -> Told<()> {
    if is == should { Ok(()) } else { Err(format!("{what} is {is:?} and should be {should:?}")) }
}

fn refused<T>(what: &str, answer: Result<T, Refused>, codes: &[Code]) -> Told<()> {
    match answer {
        Err(Refused::With(code, _)) if codes.contains(&code) => Ok(()),
        Err(other) => Err(format!("{what}: {other}, and should be refused with {codes:?}")),
        Ok(_) => Err(format!("{what} is accepted, and should be refused with {codes:?}")),
    }
}

/// Codes that end it: nothing is cleaned up after them.
const FINAL: [Code; 6] = [
    Code::InvalidArgument,
    Code::NotFound,
    Code::FailedPrecondition,
    Code::PermissionDenied,
    Code::AlreadyExists,
    Code::OutOfRange,
];

async fn capabilities(caller: &Caller) -> Kept {
    let offered = caller.offers().await?;
    let mut names: Vec<_> = offered.components.iter().map(|it| it.component.clone()).collect();
    let n = names.len();
    names.sort();
    names.dedup();
    same("the number of different components", &names.len(), &n)?;
    caller.learn(offered);
    caller.component()?;
    Ok(None)
}

async fn validate_only(caller: &Caller) -> Kept {
    let mine = caller.mine()?;
    let message = proto::PutInstanceRequest { validate_only: true, ..caller.put_message(&mine) };
    caller.put_as(message).await?;
    let there = caller.observe(&mine.id).await?;
    same("`exists` after a check", &there.exists, &false)?;
    // The request was not used up: the same one now sets it up.
    let (_, repeated) = caller.put_as(caller.put_message(&mine)).await?;
    same("`repeated_request` after a check", &repeated, &false)?;
    Ok(None)
}

async fn repeat(caller: &Caller) -> Kept {
    let mine = caller.mine()?;
    let (first, fresh) = caller.put_as(caller.put_message(&mine)).await?;
    same("`repeated_request` of the first request", &fresh, &false)?;
    same("`operation.instance_id`", &first.instance_id, &mine.id)?;
    same("`operation.generation`", &first.generation, &mine.generation)?;
    same("`operation.kind`", &first.kind(), &proto::OperationKind::Put)?;
    for _ in 0..3 {
        let (again, repeated) = caller.put_as(caller.put_message(&mine)).await?;
        same("the operation of a repeat", &again.operation_id, &first.operation_id)?;
        same("`repeated_request` of a repeat", &repeated, &true)?;
    }
    Ok(None)
}

async fn at_once(caller: &Caller) -> Kept {
    let mine = caller.mine()?;
    let (one, two, three, four) =
        tokio::join!(caller.put(&mine), caller.put(&mine), caller.put(&mine), caller.put(&mine),);
    let mut operations = vec![one?, two?, three?, four?];
    for _more in operations.len()..AT_ONCE {
        operations.push(caller.put(&mine).await?);
    }
    let first = operations.first().map(|it| it.operation_id.clone()).unwrap_or_default();
    for operation in &operations {
        same("the operation of an equal request", &operation.operation_id, &first)?;
    }
    Ok(None)
}

async fn other_spec(caller: &Caller) -> Kept {
    let mine = caller.mine()?;
    caller.put(&mine).await?;
    let mut other = mine.clone();
    other.spec.quantity += 1;
    refused("generation 1 with another spec", caller.put(&other).await, &[Code::AlreadyExists])?;
    Ok(None)
}

async fn older_generation(caller: &Caller) -> Kept {
    let mine = Mine { generation: 3, ..caller.mine()? };
    caller.put(&mine).await?;
    let older = Mine { generation: 2, ..mine };
    refused("generation 2 after 3", caller.put(&older).await, &[Code::FailedPrecondition])?;
    Ok(None)
}

async fn not_offered(caller: &Caller) -> Kept {
    let mut unknown = caller.mine()?;
    "nobody.offers.this".clone_into(&mut unknown.spec.component);
    refused("a component that is not offered", caller.put(&unknown).await, &FINAL)?;
    let component = caller.component()?;
    if component.maximum_quantity > 0 {
        let mut many = caller.mine()?;
        many.spec.quantity = component.maximum_quantity + 1;
        refused("more than the greatest quantity", caller.put(&many).await, &FINAL)?;
    }
    let mut other = caller.mine()?;
    other.spec.parameters.insert("nobody_knows_this".to_owned(), "1".to_owned());
    refused("a parameter that is not declared", caller.put(&other).await, &FINAL)?;
    for mine in [unknown, other] {
        same("`exists` of what was refused", &caller.observe(&mine.id).await?.exists, &false)?;
    }
    Ok(None)
}

async fn operation(caller: &Caller) -> Kept {
    let begun = caller.put(&caller.mine()?).await?;
    let read = caller.operation(&begun.operation_id).await?;
    same("`operation_id`", &read.operation_id, &begun.operation_id)?;
    same("`instance_id`", &read.instance_id, &begun.instance_id)?;
    let never = caller.operation("op-nobody-began-this").await;
    refused("an operation that never was", never, &[Code::NotFound])?;
    Ok(None)
}

/// Sets an instance up and waits until it is live.
async fn live(caller: &Caller) -> Told<Mine> {
    let mine = caller.mine()?;
    wait(caller, caller.put(&mine).await?).await?;
    Ok(mine)
}

async fn wait(caller: &Caller, begun: proto::Operation) -> Told<()> {
    use proto::OperationState as State;
    let limit = i64::from(caller.component()?.maximum_operation_seconds);
    let began_at = caller.now();
    let (mut operation, mut progress) = (begun, 0);
    let deadline = tokio::time::Instant::now() + caller.plan.live_within;
    for _look in 0..MOST_LOOKS {
        if operation.progress_percent < progress {
            let now = operation.progress_percent;
            return Err(format!("progress went back from {progress} to {now} percent"));
        }
        progress = operation.progress_percent;
        match operation.state() {
            State::Succeeded => return Ok(()),
            State::Failed | State::Cancelled | State::Unspecified => {
                let failure = operation.failure.map(|it| it.message).unwrap_or_default();
                return Err(format!("it ended as {:?}: {failure}", operation.state));
            }
            State::Pending | State::Running | State::AwaitingCustomer => {}
        }
        if caller.now().duration_since(began_at).as_secs() > limit {
            return Err(format!(
                "it was not live after the {limit} s that it says an operation takes at most"
            ));
        }
        let simulates = caller.capabilities().simulates_time;
        if !simulates && tokio::time::Instant::now() > deadline {
            let seconds = caller.plan.live_within.as_secs();
            return Err(format!("it was not live within {seconds} s (--live-within)"));
        }
        let asked = SignedDuration::from_secs(i64::from(operation.retry_after_seconds));
        caller.pass(asked.max(HOUR), Duration::from_millis(500)).await;
        operation = caller.operation(&operation.operation_id).await?;
    }
    Err(format!("it was not live after {MOST_LOOKS} looks"))
}

async fn ends(caller: &Caller) -> Kept {
    live(caller).await?;
    Ok(None)
}

async fn observe(caller: &Caller) -> Kept {
    let mine = live(caller).await?;
    let there = caller.observe(&mine.id).await?;
    same("`exists`", &there.exists, &true)?;
    same("`generation`", &there.generation, &mine.generation)?;
    same("`spec_hash`", &there.spec_hash, &mine.hash())?;
    if !caller.component()?.observable {
        return Ok(None);
    }
    same("`health` of what is live", &there.health(), &proto::Health::Ok)?;
    same("whether `activated_at` is told", &there.activated_at.is_some(), &true)?;
    Ok(None)
}

async fn absent(caller: &Caller) -> Kept {
    let mine = caller.mine()?;
    let there = caller.observe(&mine.id).await?;
    same("`instance_id`", &there.instance_id, &mine.id)?;
    same("`exists` of what was never set up", &there.exists, &false)?;
    same("`generation` of what was never set up", &there.generation, &0)?;
    Ok(None)
}

async fn list(caller: &Caller) -> Kept {
    if !caller.capabilities().lists_instances {
        return Ok(Some("it says that it does not list instances"));
    }
    let mut mine = Vec::new();
    for _ in 0..3 {
        let one = caller.mine()?;
        caller.put(&one).await?;
        mine.push(one);
    }
    for page_size in [1_000, 2] {
        let listed = caller.list(page_size).await?;
        let mut sorted = listed.clone();
        sorted.sort();
        sorted.dedup();
        same("the order of the list, by id and each once", &listed, &sorted)?;
        for one in &mine {
            let what = format!("whether `{}` is in pages of {page_size}", one.id);
            same(&what, &listed.contains(&one.id), &true)?;
        }
    }
    if let Some(first) = mine.first() {
        caller.delete(&first.next()).await?;
        let listed = caller.list(1_000).await?;
        same("whether what was taken away is listed", &listed.contains(&first.id), &false)?;
    }
    Ok(None)
}

async fn suspend(caller: &Caller) -> Kept {
    if !caller.component()?.suspendable {
        return Ok(Some("it says that the component cannot be suspended"));
    }
    let mine = live(caller).await?;
    let suspended = mine.next();
    for _twice in 0..2 {
        wait(caller, caller.suspend(&suspended).await?).await?;
    }
    let there = caller.observe(&mine.id).await?;
    same("`exists` of what is suspended", &there.exists, &true)?;
    same("`suspended`", &there.suspended, &true)?;
    let resumed = suspended.next();
    for _twice in 0..2 {
        wait(caller, caller.resume(&resumed).await?).await?;
    }
    let there = caller.observe(&mine.id).await?;
    same("`suspended` after it was resumed", &there.suspended, &false)?;
    same("`spec_hash` after it was resumed", &there.spec_hash, &mine.hash())?;
    Ok(None)
}

async fn change(caller: &Caller) -> Kept {
    if !caller.component()?.changeable {
        return Ok(Some("it says that the component cannot be changed"));
    }
    let mine = live(caller).await?;
    let mut more = mine.next();
    more.spec.quantity += 1;
    wait(caller, caller.put(&more).await?).await?;
    let there = caller.observe(&mine.id).await?;
    same("`generation` after a change", &there.generation, &more.generation)?;
    same("`spec_hash` after a change", &there.spec_hash, &more.hash())?;
    Ok(None)
}

async fn delete(caller: &Caller) -> Kept {
    let mine = live(caller).await?;
    let gone = mine.next();
    let (operation, existed) = caller.delete(&gone).await?;
    same("`existed` the first time", &existed, &true)?;
    wait(caller, operation).await?;
    for _twice in 0..2 {
        let there = caller.observe(&mine.id).await?;
        same("`exists` of what was taken away", &there.exists, &false)?;
    }
    let (operation, _) = caller.delete(&gone).await?;
    wait(caller, operation).await?;
    Ok(None)
}

async fn overtaken(caller: &Caller) -> Kept {
    let mine = caller.mine()?;
    let (operation, existed) = caller.delete(&mine.next()).await?;
    same("`existed` of what never was", &existed, &false)?;
    wait(caller, operation).await?;
    let late = caller.put(&mine).await;
    refused("a creation that its removal has overtaken", late, &[Code::FailedPrecondition])?;
    same("`exists` after it", &caller.observe(&mine.id).await?.exists, &false)?;
    Ok(None)
}

async fn comes_back(caller: &Caller) -> Kept {
    let mine = caller.mine()?;
    caller.put(&mine).await?;
    let (operation, _) = caller.delete(&mine.next()).await?;
    wait(caller, operation).await?;
    let again = mine.next().next();
    wait(caller, caller.put(&again).await?).await?;
    let there = caller.observe(&mine.id).await?;
    same("`exists` after it came back", &there.exists, &true)?;
    same("`generation` after it came back", &there.generation, &again.generation)?;
    Ok(None)
}

async fn cancel(caller: &Caller) -> Kept {
    let mine = caller.mine()?;
    let begun = caller.put(&mine).await?;
    let stopped = caller.cancel(&begun.operation_id).await?;
    same("`operation_id` after it", &stopped.operation_id, &begun.operation_id)?;
    caller.delete(&mine.next()).await?;
    same("`exists` at the end", &caller.observe(&mine.id).await?.exists, &false)?;
    Ok(None)
}
