//! A quote on paper and on the screen: one page, the same bytes each time, and names that do nothing.
#![expect(clippy::unwrap_used, reason = "test")]

mod scene;

use scene::{Made, pages};
use tasuki_core::id::PartnerId;
use tasuki_core::master_contract::PremiumPayer;
use tasuki_core::quote::CoverChoice;
use tasuki_core::tenant::Licence;
use tasuki_core::text::{Language, Text};
use tasuki_documents::{DocumentError, quote_html, quote_pdf};

const LANGUAGES: [Language; 2] = [Language::Ja, Language::En];

#[test]
fn the_same_quote_gives_the_same_bytes() {
    let made = Made::shop();
    let first = quote_pdf(&made.quote, &made.parties, Language::Ja).unwrap();
    let again = quote_pdf(&made.quote, &made.parties, Language::Ja).unwrap();
    assert!(first.starts_with(b"%PDF-"));
    assert!(first == again, "the bytes differ");
    for language in LANGUAGES {
        let html = quote_html(&made.quote, &made.parties, language).unwrap();
        assert_eq!(html, quote_html(&made.quote, &made.parties, language).unwrap());
    }
}

#[test]
fn even_the_largest_bundle_of_the_price_list_is_one_page() {
    let made = Made::everything();
    for language in LANGUAGES {
        let pdf = quote_pdf(&made.quote, &made.parties, language).unwrap();
        assert_eq!(pages(&pdf), 1);
        assert!(pdf.len() < 400_000, "{} bytes", pdf.len());
    }
}

#[test]
fn the_page_names_the_machines_that_are_not_protected() {
    let made = Made::shop();
    let ja = quote_html(&made.quote, &made.parties, Language::Ja).unwrap();
    assert!(ja.contains("Mac 3台は守れません"), "{ja}");
    let en = quote_html(&made.quote, &made.parties, Language::En).unwrap();
    assert!(en.contains("3 Mac(s) cannot be protected"), "{en}");
}

#[test]
fn the_page_shows_the_cover_that_was_chosen_and_who_solicits_it() {
    let mut made = Made::shop();
    let mut chosen = scene::cover();
    chosen.terms.premium.payer = PremiumPayer::Tenant;
    chosen.choice = Some(CoverChoice {
        option: "utm.cover_plus".to_owned(),
        partner_id: PartnerId::of_code("shuri"),
        solicitor: Text::new("首里保険事務所", "Shuri <b>Insurance</b>"),
        licence: Licence {
            number: "第0123号".to_owned(),
            valid_from: jiff::civil::date(2020, 4, 1),
            valid_to: jiff::civil::date(2022, 4, 1),
        },
    });
    made.quote.offer.chosen_covers = vec![chosen];
    let ja = quote_html(&made.quote, &made.parties, Language::Ja).unwrap();
    for told in
        ["付いている補償", "お選びいただいた補償", "首里保険事務所", "第0123号", "2022年4月1日"]
    {
        assert!(ja.contains(told), "{told}: {ja}");
    }
    let en = quote_html(&made.quote, &made.parties, Language::En).unwrap();
    assert!(en.contains("The cover that you choose") && !en.contains("<b>Insurance"), "{en}");
    let pdf = quote_pdf(&made.quote, &made.parties, Language::Ja).unwrap();
    assert!(pages(&pdf) <= 2);
}

#[test]
fn the_page_says_who_pays_what_and_whose_share_was_not_taken() {
    let made = Made::sponsored("<b>親会社</b> #strong[x]");
    let payers = &made.quote.offer.priced.payers;
    for language in LANGUAGES {
        let html = quote_html(&made.quote, &made.parties, language).unwrap();
        for payer in payers {
            assert!(html.contains(&payer.first_year.gross.to_string()), "{html}");
            assert!(html.contains(&payer.steady_year.gross.to_string()), "{html}");
        }
        assert!(
            html.contains("¥8,000") && html.contains("50%") && html.contains("Uncle"),
            "{html}"
        );
        assert!(!html.contains("<b>親会社"), "{html}");
        let pdf = quote_pdf(&made.quote, &made.parties, language).unwrap();
        assert_eq!(pages(&pdf), 1);
    }
    let alone = quote_html(&Made::shop().quote, &made.parties, Language::En).unwrap();
    assert!(!alone.contains("Who pays what"), "nobody shares this one");
}

#[test]
fn a_name_is_text_whatever_it_looks_like() {
    let names = [
        "#strong[x] $x^2$ *b* _i_ `c` \\ <label> @ref // #panic(\"no\") #read(\"/etc/passwd\")",
        "<script>alert(1)</script>&amp;\"'",
        "\u{202e}000,01¥\u{202c} ליד השוק المتجر",
        "🏝️ 島の店 👩‍💻 髙﨑 𠮷野家",
        "{{ it }} {% raw %} \u{0}\u{7}\n\t",
    ];
    for (name, seller) in names.into_iter().zip(names.into_iter().rev()).take(3) {
        let made = Made::shop().named(name, seller);
        let pdf = quote_pdf(&made.quote, &made.parties, Language::Ja).unwrap();
        assert_eq!(pages(&pdf), 1, "{name}");
        let html = quote_html(&made.quote, &made.parties, Language::Ja).unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains('\u{202e}'), "an amount could be read backwards");
    }
}

#[test]
fn a_name_of_ten_thousand_characters_stays_on_the_page() {
    for (name, seller) in [("あ", "W"), ("W", "a b "), ("a b ", "あ")] {
        let made = Made::shop().named(&name.repeat(10_000), &seller.repeat(10_000));
        let pdf = quote_pdf(&made.quote, &made.parties, Language::Ja).unwrap();
        assert_eq!(pages(&pdf), 1);
        let html = quote_html(&made.quote, &made.parties, Language::Ja).unwrap();
        assert!(html.contains('…'), "it is cut, and that is shown");
    }
}

#[test]
fn a_quote_with_too_many_rows_is_refused_and_not_cut() {
    let mut made = Made::shop();
    let text = Text::new("含まれません", "not included");
    made.quote.offer.priced.not_included = vec![text; 500];
    let error = quote_pdf(&made.quote, &made.parties, Language::Ja).unwrap_err();
    assert!(matches!(error, DocumentError::TooLong { most: 400, .. }), "{error}");
}
