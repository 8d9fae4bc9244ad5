using System.Globalization;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;

namespace CsAligner.Reports.Sections;

/// <summary>Where the options of runs differ, and what the runs took.</summary>
internal static class OptionSection
{
    public static void Write(HtmlWriter page, ReportContent content)
    {
        if (content.Options is not { } options)
            return;
        using (page.Open("section", ("id", "options")))
        {
            page.Element("h2", "What was run");
            page.Element("p", options.Runs.Count == 1 ? "The options of the run, and its cost."
                : options.Differing.Count == 0 ? "All options agree." : "The options that differ, and the cost of the runs.",
                ("class", "note"));
            using (page.Open("div", ("class", "scroll"), ("role", "region"), ("aria-label", "Table of options, scrolls sideways"),
                ("tabindex", "0")))
            using (page.Open("table", ("class", "results options")))
            {
                using (page.Open("thead"))
                using (page.Open("tr"))
                {
                    page.Element("th", "Option", ("scope", "col"), ("class", "method"));
                    foreach (string run in options.Runs)
                        page.Element("th", run, ("scope", "col"), ("class", run == content.After ? "after" : null));
                }

                WriteLines(page, options, "Options", options.Differing);
                WriteLines(page, options, "Took", options.Outcomes);
            }

            if (options.Common.Count > 0)
                page.Element("p", "The same in all: " + string.Join(" · ", options.Common), ("class", "note"),
                    ("style", "margin-top:12px;max-width:none"));
        }

        page.Line();
    }

    private static void WriteLines(HtmlWriter page, OptionTable options, string heading,
        IReadOnlyList<(string Name, IReadOnlyList<string> Values)> lines)
    {
        if (lines.Count == 0)
            return;
        using (page.Open("tbody"))
        {
            using (page.Open("tr", ("class", "set")))
                page.Element("th", heading, ("scope", "rowgroup"),
                    ("colspan", (options.Runs.Count + 1).ToString(CultureInfo.InvariantCulture)));
            foreach ((string name, IReadOnlyList<string> values) in lines)
            {
                using (page.Open("tr"))
                {
                    page.Element("th", name, ("scope", "row"), ("class", "method"));
                    foreach (string value in values)
                        page.Element("td", value);
                }
            }
        }
    }
}
