use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

fn page_of(arguments: &str) -> String {
    page_at("2021-04-01T00:00:00Z", arguments)
}

fn page_at(now: &str, arguments: &str) -> String {
    let line = Line::parse_from(std::iter::once("quote").chain(arguments.split(' ')));
    let library = Library::load(None, None).unwrap();
    let now = now.parse().unwrap();
    match answer((&library, &library.cards.cards()), &line.options, now).unwrap() {
        Ok(answer) => page::page(&answer, line.options.language()),
        Err(problem) => problem.to_string(),
    }
}

#[test]
fn a_shop_owner_gets_one_page_in_japanese() {
    let page =
        page_of("--employees 12 --windows 9 --mac 3 --website --traffic-gb 8 --budget 30000");
    insta::assert_snapshot!(page);
}

#[test]
fn the_same_page_in_english_with_less_money() {
    let page = page_of(
        "--employees 12 --windows 9 --mac 3 --antivirus --website --traffic-gb 8 \
         --budget 20000 --budget-without-tax --lang en",
    );
    insta::assert_snapshot!(page);
}

#[test]
fn what_is_named_is_quoted() {
    let page = page_of("--windows 4 --select edr --lang en");
    assert!(page.contains("¥9,000"), "{page}");
    assert!(page.contains("For 4, charged as 5"), "{page}");
}

#[test]
fn a_discount_stands_below_the_fee_that_it_is_taken_off() {
    let page = page_at(
        "2021-08-01T00:00:00Z",
        "--windows 5 --select utm --campaign otasuketai-2021 --lang en",
    );
    let lines: Vec<_> = page.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| line.starts_with("Managed UTM, initial fee")).unwrap();
    assert!(lines[at + 1].starts_with("Discount: Managed UTM, initial fee"), "{page}");
    assert!(lines[at + 1].contains("-¥10,000"), "{page}");
}

#[test]
fn who_pays_what_is_said_in_plain_words() {
    let japanese = page_of(
        "--windows 5 --select utm,edr --sponsor 親会社 --sponsor-share 0.5 --sponsor-cap 8000",
    );
    let english =
        page_of("--windows 5 --select utm --sponsor Parent --sponsor-share 0.02 --lang en");
    let part = |page: &str, from: &str, to: &str| {
        let (_, after) = page.split_once(from).unwrap();
        let inside = after.split_once(to).map_or(after, |(inside, _)| inside);
        format!("{from}{inside}")
    };
    insta::assert_snapshot!(format!(
        "{}\n{}---\n{}",
        japanese.lines().find(|line| line.contains("ご負担分")).unwrap(),
        part(&japanese, "■ お支払いの分担", "■ ほかの選び方"),
        part(&english, "■ Who pays what", "■ Other choices")
    ));
}

#[test]
fn a_price_list_that_is_not_there_is_answered_with_those_that_are() {
    let line = Line::parse_from(["quote", "--windows", "5", "--rate-card", "hokkaido"]);
    let library = Library::load(None, None).unwrap();
    let now = "2021-04-01T00:00:00Z".parse().unwrap();
    let error =
        answer((&library, &library.cards.cards()), &line.options, now).err().unwrap().to_string();
    assert!(error.contains("okinawa@2021-01"), "{error}");
}
