//! A simulation as a page for a browser, in one file without anything from elsewhere.

use tasuki_economics::{Outcome, Portfolio, Simulation};

use super::{Lang, chart, page};

const STYLE: &str = "body{font:15px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}\
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse}\
th,td{padding:.25rem .8rem;border-bottom:1px solid #ddd;text-align:right}\
th:first-child,td:first-child{text-align:left}svg{width:100%;height:auto}\
svg rect{fill:#3b6ea5}svg text{font:12px system-ui,sans-serif;fill:#222}li{margin:.2rem 0}";

/// The page.
pub(super) fn page(
    portfolio: &Portfolio,
    (now, changed): (&Simulation, Option<&Simulation>),
    lang: Lang,
) -> String {
    let title = escaped(lang.text(&portfolio.name));
    let mut body = format!("<h1>{title}</h1>\n");
    let head = [String::new()].into_iter().chain(page::heads((now, changed), lang)).collect();
    let rows = page::figures((now, changed), lang)
        .into_iter()
        .map(|(name, cells)| [name].into_iter().chain(cells).collect())
        .collect();
    body.push_str(&table(&(head, rows)));
    let sections = [
        (Some(now), lang.say("現在の条件", "Terms as they are")),
        (changed, lang.say("変更後の条件", "Changed terms")),
    ];
    for (simulation, title) in sections {
        if let Some(outcome) = simulation.and_then(Simulation::best) {
            body.push_str(&section(title, outcome, lang));
        }
    }
    for note in page::notes(now, lang) {
        body.push_str(&format!("<p>{}</p>\n", escaped(&note)));
    }
    if !portfolio.sources.is_empty() {
        body.push_str(&format!(
            "<h2>{}</h2>\n<ul>\n",
            lang.say("出典と仮定", "Sources and assumptions")
        ));
        for source in &portfolio.sources {
            body.push_str(&format!("<li>{}</li>\n", escaped(lang.text(source))));
        }
        body.push_str("</ul>\n");
    }
    let code = lang.say("ja", "en");
    format!(
        "<!doctype html>\n<html lang=\"{code}\">\n<head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head>\n<body>\n{body}</body>\n</html>\n"
    )
}

fn section(title: &str, outcome: &Outcome, lang: Lang) -> String {
    format!(
        "<h2>{}</h2>\n{}{}",
        escaped(title),
        table(&page::percentiles(outcome, lang)),
        chart::svg(&outcome.bars, lang)
    )
}

fn table((head, rows): &(Vec<String>, Vec<Vec<String>>)) -> String {
    let cells = |tag: &str, row: &[String]| {
        let cell =
            |cell: &String| format!("<{tag}>{}</{tag}>", escaped(cell.trim_start_matches('>')));
        row.iter().map(cell).collect::<String>()
    };
    let mut text = format!("<table>\n<tr>{}</tr>\n", cells("th", head));
    for row in rows {
        text.push_str(&format!("<tr>{}</tr>\n", cells("td", row)));
    }
    text.push_str("</table>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
