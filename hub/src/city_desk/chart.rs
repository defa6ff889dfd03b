//! Figures as bars, drawn as SVG into the page: no script, and beside each the table that says the
//! same.
//!
//! No line stands for a target: what people do of their own will has none.

use plotters::prelude::{
    ChartBuilder, Color, IntoDrawingArea, IntoTextStyle, RGBColor, Rectangle, SVGBackend, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    /// What stands before it.
    pub label: String,
    /// How long it is; none where there is nothing to divide by.
    pub value: Option<f64>,
    /// What stands behind it, with numerator and denominator.
    pub text: String,
}

const WIDTH: u32 = 920;
const BAR_HEIGHT: u32 = 26;
const AXIS_HEIGHT: u32 = 34;
const LABEL_WIDTH: u32 = 190;

/// Room behind the longest bar for its text.
const TEXT_WIDTH: u32 = 230;

const INK: RGBColor = RGBColor(0x1f, 0x29, 0x33);
const SOFT: RGBColor = RGBColor(0xd5, 0xda, 0xe1);
const BLUE: RGBColor = RGBColor(0x1d, 0x4f, 0x91);
const FONT: (&str, i32) = ("sans-serif", 18);

/// The bars as a drawing of its own, with a title and a description for whoever cannot see it;
/// nothing where there is nothing to draw.
pub(super) fn bars(title: &str, description: &str, bars: &[Bar]) -> Option<String> {
    let longest = bars.iter().filter_map(|bar| bar.value).fold(0.0, f64::max);
    let count = u32::try_from(bars.len()).ok().filter(|count| *count > 0)?;
    let height = count.saturating_mul(BAR_HEIGHT).saturating_add(AXIS_HEIGHT);
    let mut svg = String::new();
    draw(&mut svg, bars, (height, if longest > 0.0 { longest } else { 1.0 })).ok()?;
    Some(named(&svg, title, description))
}

fn draw(
    svg: &mut String,
    bars: &[Bar],
    (height, longest): (u32, f64),
) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
    let count = f64::from(u32::try_from(bars.len())?);
    let mut chart = ChartBuilder::on(&root)
        .x_label_area_size(AXIS_HEIGHT)
        .y_label_area_size(LABEL_WIDTH)
        .margin_right(TEXT_WIDTH)
        .build_cartesian_2d(0.0..longest, 0.0..count)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(0)
        .x_labels(5)
        .x_label_formatter(&|value| value.to_string())
        .light_line_style(SOFT.mix(0.0))
        .bold_line_style(SOFT)
        .axis_style(SOFT)
        .x_label_style(FONT.into_text_style(&root).color(&INK))
        .draw()?;
    let style = |right| {
        let anchor = Pos::new(if right { HPos::Right } else { HPos::Left }, VPos::Center);
        FONT.into_text_style(&root).color(&INK).pos(anchor)
    };
    for (at, bar) in bars.iter().enumerate() {
        // The first bar stands at the top, where the axis ends.
        let top = count - f64::from(u32::try_from(at)?);
        let (value, middle) = (bar.value.unwrap_or(0.0), top - 0.5);
        let corners = [(0.0, top - 0.18), (value, top - 0.82)];
        chart.plotting_area().draw(&Rectangle::new(corners, BLUE.filled()))?;
        let (begin, y) = chart.plotting_area().map_coordinate(&(0.0, middle));
        let (end, _) = chart.plotting_area().map_coordinate(&(value, middle));
        root.draw(&Text::new(bar.label.clone(), (begin - 8, y), style(true)))?;
        root.draw(&Text::new(bar.text.clone(), (end + 8, y), style(false)))?;
    }
    root.present()?;
    Ok(())
}

/// The drawing with its title and description, at any width.
fn named(svg: &str, title: &str, description: &str) -> String {
    let escaped = |text: &str| maud::html! { (text) }.into_string();
    let (head, body) = svg.split_once('>').unwrap_or((svg, ""));
    // The size is that of the page; what is in it follows.
    let box_of = head.split_once("viewBox=").map_or("", |(_, rest)| rest);
    let box_of = box_of.split('"').nth(1).unwrap_or_default();
    format!(
        "<svg class=\"chart\" role=\"img\" viewBox=\"{box_of}\" xmlns=\"http://www.w3.org/2000/svg\">\
         <title>{}</title><desc>{}</desc>{body}",
        escaped(title),
        escaped(description)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(label: &str, value: Option<f64>, text: &str) -> Bar {
        Bar { label: label.to_owned(), value, text: text.to_owned() }
    }

    #[test]
    fn bars_say_what_they_are_and_are_as_long_as_their_values() {
        let drawn = bars(
            "按时办结率 <b>",
            "各区县",
            &[
                bar("蓬溪县", Some(50.0), "1/2 = 50.0 %"),
                bar("<script>", Some(100.0), "2/2 = 100.0 %"),
                bar("射洪市", None, "0/0 = –"),
            ],
        );
        let svg = drawn.unwrap();
        assert!(svg.starts_with("<svg class=\"chart\" role=\"img\" viewBox=\"0 0 920 112\""));
        assert!(svg.contains("<title>按时办结率 &lt;b&gt;</title><desc>各区县</desc>"));
        assert!(svg.contains("蓬溪县") && svg.contains("2/2 = 100.0 %") && svg.contains("0/0 = –"));
        assert!(!svg.contains("<script>") && !svg.contains("style="), "{svg}");
        let widths: Vec<u32> = svg
            .lines()
            .filter(|line| line.starts_with("<rect") && line.contains("#1D4F91"))
            .filter_map(|line| line.split("width=\"").nth(1)?.split('"').next()?.parse().ok())
            .collect();
        assert_eq!(widths, [249, 499, 0], "{svg}");
        assert_eq!(bars("a", "b", &[]), None);
        assert!(bars("a", "b", &[bar("没有", None, "–")]).is_some());
    }
}
