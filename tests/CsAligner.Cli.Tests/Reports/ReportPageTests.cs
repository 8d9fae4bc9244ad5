using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using CsAligner.Reports.Content;
using CsAligner.Reports.Pages;

namespace CsAligner.Cli.Tests.Reports;

public sealed class ReportPageTests
{
    private const string Hostile =
        "</script><img src=x onerror=\"alert('1')\">&amp; \u0000\u001b[31m \u202Eright-to-left \uD800 ]]> <!-- 'a\" http:";

    [Fact]
    public void Every_section_is_there_and_has_what_it_shows()
    {
        XDocument page = Parse(ReportPage.Write(SampleReport.Create(points: 40, seeds: 2)));
        Assert.Equal(["results", "maps", "cosines", "queries", "training", "reading"],
            page.Descendants("section").Select(section => section.Attribute("id")!.Value));
        XElement Section(string id) => page.Descendants("section").Single(section => section.Attribute("id")!.Value == id);
        Assert.Equal(4 * 5, Section("results").Descendants("tbody").Elements("tr").Count(row => row.Attribute("class")?.Value != "set"));
        Assert.Equal(4, Section("maps").Descendants("svg").Count());
        Assert.Equal(4, Section("cosines").Descendants("svg").Count());
        Assert.Equal(4, Section("training").Descendants("svg").Count());
        Assert.Equal(12, Section("queries").Elements("div").Elements("article").Count());
        Assert.Equal(12 * 2 * 6, Section("queries").Descendants("img").Count());
    }

    [Fact]
    public void A_list_that_is_empty_leaves_its_section_out()
    {
        ReportContent empty =
            SampleReport.Create(points: 8, seeds: 1) with
            {
                Measurements = [],
                Maps = [],
                Cosines = [],
                Curves = [],
                Queries = [],
                Facts = [],
                Notes = []
            };
        XDocument page = Parse(ReportPage.Write(empty));
        Assert.Equal(["reading"], page.Descendants("section").Select(section => section.Attribute("id")!.Value));
    }

    [Fact]
    public void The_page_needs_nothing_beside_it_and_runs_no_script()
    {
        string html = ReportPage.Write(SampleReport.Create(points: 20, seeds: 1));
        Assert.DoesNotMatch(new Regex("https?:|//[a-z]|@import|url\\(", RegexOptions.IgnoreCase), Regex.Replace(html, "base64,[^\"]*", ""));
        Assert.DoesNotContain(Parse(html).Descendants(), element => element.Name.LocalName is "script" or "link" or "iframe" or "object");
        Assert.All(Parse(html).Descendants("img"),
            image => Assert.StartsWith("data:image/png;base64,", image.Attribute("src")!.Value, StringComparison.Ordinal));
    }

    [Fact]
    public void Hostile_text_stays_text_wherever_it_stands()
    {
        ReportContent plain = SampleReport.Create(points: 8, seeds: 1);
        ReportContent hostile = plain with
        {
            Title = Hostile,
            Summary = Hostile,
            Before = Hostile,
            BandwidthRule = Hostile,
            PicturedSet = Hostile,
            Facts = [new(Hostile, Hostile)],
            Notes = [Hostile],
            Measurements =
                [.. plain.Measurements.Select(cell =>
                    cell with { TestSet = Hostile, Method = cell.Method == "raw" ? Hostile : cell.Method })],
            Maps = [.. plain.Maps.Select(map => map with { Method = Hostile })],
            Cosines = [.. plain.Cosines.Select(sample => sample with { Method = Hostile })],
            Curves = [.. plain.Curves.Select(curve => curve with { Method = Hostile, Quantity = Hostile })],
            Queries = [.. plain.Queries.Select(query => new QueryComparison(Hostile, Hostile, Rename(query.Before), Rename(query.After)))],
        };
        string html = ReportPage.Write(hostile);
        XDocument page = Parse(html);
        HashSet<string> expected = [.. Names(Parse(ReportPage.Write(plain)))];
        Assert.All(Names(page), name => Assert.Contains(name, expected));
        Assert.DoesNotContain("<img src=x", html, StringComparison.Ordinal);
        Assert.DoesNotContain('\0', html);
        Assert.Contains("</script><img src=x onerror=\"alert('1')\">&amp; \uFFFD\uFFFD[31m", page.Descendants("h1").Single().Value,
            StringComparison.Ordinal);

        static FoundIcons Rename(FoundIcons found) => found with { Icons = [.. found.Icons.Select(icon => icon with { Name = Hostile })] };
        static IEnumerable<string> Names(XDocument page) => page.Descendants().SelectMany(
            element => element.Attributes().Select(attribute => $"{element.Name} {attribute.Name}").Append(element.Name.LocalName));
    }

    [Fact]
    public void The_same_content_gives_the_same_bytes() =>
        Assert.Equal(ReportPage.Write(SampleReport.Create(30, 3)), ReportPage.Write(SampleReport.Create(30, 3)));

    [Fact]
    public void The_best_of_each_column_is_marked_and_equal_figures_are_equally_good()
    {
        ReportContent content = SampleReport.Create(points: 8, seeds: 1);
        ReportContent three = content with { Measurements = [Cell("a", 0.5004, 0.30), Cell("b", 0.5001, 0.20), Cell("c", 0.7, 0.10)] };
        XElement[] rows =
            [.. Parse(ReportPage.Write(three)).Descendants("tbody").Elements("tr").Where(row => row.Attribute("class")?.Value != "set")];
        Assert.Equal([true, true, false], rows.Select(row => row.Elements("td").First().Descendants("strong").Any()));
        Assert.Equal([true, false, false], rows.Select(row => row.Elements("td").ElementAt(2).Descendants("strong").Any()));

        Measurement Cell(string method, double divergence, double recall) =>
            content.Measurements[0] with { Method = method, Divergence = divergence, ImageToTextRecall1 = recall };
    }

    [Fact]
    public void Several_seeds_give_means_with_intervals()
    {
        Measurement cell = SampleReport.Create(8, 1).Measurements[0];
        ReportContent content =
            SampleReport.Create(8,
                1) with
            { Measurements = [cell with { Seed = 1, Divergence = 0.2 }, cell with { Seed = 2, Divergence = 0.3 }] };
        string text = Parse(ReportPage.Write(content)).Descendants("tbody").Elements("tr").Last().Elements("td").First().Value;
        // Student's t for one degree of freedom, 12.706, times 0.05.
        Assert.Equal("0.250 ±0.635", text);
    }

    [Fact]
    public void Values_that_are_missing_are_shown_as_a_dash()
    {
        Measurement cell = SampleReport.Create(8, 1).Measurements[0] with { Divergence = double.NaN, TextToImageRecall10 = double.NaN };
        ReportContent content = SampleReport.Create(8, 1) with
        {
            Measurements = [SampleReport.Create(8, 1).Measurements[0] with { Method = "other" }, cell],
            Curves = [new("raw", "loss", [0, 1, 2], [double.NaN, 1, double.PositiveInfinity]), new("raw", "nothing", [], [])],
            Maps = [new("raw", [float.NaN, 1], [0, 0], 1)],
            Cosines = [new("raw", [], [float.NaN])],
        };
        string html = ReportPage.Write(content);
        Assert.Equal("–", Parse(html).Descendants("tbody").Elements("tr").Last().Elements("td").First().Value);
        Assert.DoesNotContain("NaN", html, StringComparison.Ordinal);
        Assert.DoesNotContain("∞", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_that_nothing_was_measured_for_is_left_out()
    {
        ReportContent content = SampleReport.Create(8, 1);
        int Columns(ReportContent shown) =>
            Parse(ReportPage.Write(shown)).Descendants("tbody").Elements("tr").Last().Elements("td").Count();
        ReportContent without =
            content with
            {
                Measurements =
                [.. content.Measurements.Select(cell => cell with { SeenNamesRecall10 = double.NaN, UnseenNamesRecall10 = double.NaN })]
            };
        Assert.Equal((13, 11), (Columns(content), Columns(without)));
        Assert.DoesNotContain("Seen and unseen names", ReportPage.Write(without), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_picture_says_what_it_shows()
    {
        XDocument page = Parse(ReportPage.Write(SampleReport.Create(points: 8, seeds: 1)));
        Assert.All(page.Descendants("svg"), drawing => Assert.True(drawing.Element("title")!.Value.Length > 10));
        Assert.All(page.Descendants("img"), image => Assert.False(string.IsNullOrEmpty(image.Attribute("alt")!.Value)));
        Assert.Equal("en", page.Root!.Attribute("lang")!.Value);
    }

    [Fact]
    public void The_map_for_a_readme_stands_alone()
    {
        ReportContent content = SampleReport.Create(points: 30, seeds: 1);
        string svg = MapPicture.Write(content.Maps[0], "gap 1.29", content.Maps[3], "gap 0.19");
        XDocument picture = XDocument.Parse(svg);
        Assert.Equal(2, picture.Descendants().Count(element => element.Attribute("class")?.Value == "pane"));
        Assert.DoesNotContain("url(", svg, StringComparison.Ordinal);
    }

    internal static XDocument Parse(string html)
    {
        using var reader =
            XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });
        return XDocument.Load(reader, LoadOptions.PreserveWhitespace);
    }
}
