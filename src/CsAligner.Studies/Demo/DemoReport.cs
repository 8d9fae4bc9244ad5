using System.Globalization;
using CsAligner.Data.Images;
using CsAligner.Evaluation;
using CsAligner.Models;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using CsAligner.Reports.Pages;
using CsAligner.Retrieval;
using CsAligner.Studies.Icons;
using CsAligner.Tensors;

namespace CsAligner.Studies.Demo;

/// <summary>Fills the report from what the demo found.</summary>
internal static class DemoReport
{
    private const int Queries = 12;
    private const int IconsShown = 6;
    private const string IndexedQuery = "umbrella";
    private const int HitsShown = 10;
    private const ulong QuerySeed = 7;

    public static IReadOnlyList<Measurement> Measurements(IEnumerable<DemoOutcome> outcomes) => [.. outcomes.Select(o => new Measurement
    {
        Method = o.Method.Name,
        TestSet = o.Test.Name,
        Pairs = o.Test.Count,
        Seed = o.Seed,
        Divergence = o.Measures.Distributions.CsDivergenceOffDiagonal ?? double.NaN,
        Bandwidth = o.Measures.Distributions.Bandwidth,
        ImageToTextRecall1 = o.Measures.ImageToText.RecallAt1,
        TextToImageRecall1 = o.Measures.TextToImage.RecallAt1,
        ImageToTextRecall10 = o.Measures.ImageToText.RecallAt10,
        TextToImageRecall10 = o.Measures.TextToImage.RecallAt10,
        MixedTextQueryRecall10 = o.Measures.Mixed.TextQuery.RecallAt10,
        MixedImageQueryRecall10 = o.Measures.Mixed.ImageQuery.RecallAt10,
        SeenNamesRecall10 = o.Names.Seen?.RecallAt10 ?? double.NaN,
        UnseenNamesRecall10 = o.Names.Unseen?.RecallAt10 ?? double.NaN,
        ImageUniformity = o.Measures.Distributions.UniformityX ?? double.NaN,
        TextUniformity = o.Measures.Distributions.UniformityY ?? double.NaN,
        CentroidGap = o.Measures.Distributions.CentroidGap,
    })];

    public static ReportContent Fill(DemoData data, DemoRun run, ClipEmbedder embedder, int seeds, TimeSpan elapsed)
    {
        var shown = run.Outcomes.Where(o => o.Seed == 0 && o.Test == data.Tests[0]).ToArray();
        var pictured = shown.Where(o => o.Method.Key is not ("cs" or "own-rows")).ToArray();
        return new ReportContent
        {
            Title = "From icons to an aligned search",
            Summary = "A frozen CLIP embeds icons and their names into two separate clouds. Adapters trained with D_CS bring the clouds "
                + $"together, from {data.Alignment.Count:N0} pairs or from none; all results below come from icons and sets that were not "
                + "used for training, but for \"own rows\", which train on the searched rows, unpaired.",
            Before = DemoMethod.Raw,
            After = DemoMethod.CsInfoNce,
            BandwidthRule = "within*0.35",
            Facts =
            [
                new("Encoder", $"icon-clip, {embedder.Width}-dimensional, frozen"),
                new("Aligned on", $"{data.Alignment.Count:N0} icons of {data.Alignment.Icons.Sets.Count} sets, new to the encoder"),
                new("Epoch chosen on", $"{data.Validation.Count:N0} icons of {data.Validation.Icons.Sets.Count} other sets"),
                new("Tested on", string.Join(", ", data.Tests.Select(t => $"{t.Name} ({t.Count:N0})"))),
                new("Seeds", seeds.ToString(CultureInfo.InvariantCulture)),
                new("Time", $"{elapsed.TotalSeconds:f0} s on {Compute.Threads} threads"),
            ],
            Measurements = Measurements(run.Outcomes),
            PicturedSet = data.Tests[0].Name,
            Maps = [.. pictured.Select(o => EmbeddingMap.Of(o.Method.Name, o.Images, o.Texts))],
            NeighbourMaps = [.. pictured.Select(o => EmbeddingMap.ByNeighbours(o.Method.Name, o.Images, o.Texts))],
            Gaps = [.. shown.Select(o => GapAnalysis.Of(o.Method.Name, o.Images, o.Texts))],
            Cosines = [.. shown.Where(o => o.Method.Name is DemoMethod.Raw or DemoMethod.CsInfoNce)
                .Select(o => CosineSample.Of(o.Method.Name, o.Images, o.Texts))],
            Curves = [.. run.Trainings.Where(t => t.Seed == 0 && t.Result.Epochs.Count > 1).SelectMany(Curves)],
            IndexQuery = SearchBoth(data.Tests[0], run),
            Queries = CompareQueries(data, run),
            Notes = Notes(data),
        };
    }

    /// <summary>The map before and after as a picture that stands alone.</summary>
    public static string Picture(ReportContent content)
    {
        var results = new Results(content.Measurements);
        return MapPicture.Write(Map(content.Before), Measured(content.Before), Map(content.After), Measured(content.After));

        EmbeddingMap Map(string method) => content.Maps.Single(m => m.Method == method);

        string Measured(string method) =>
            $"{content.PicturedSet}: D_CS {NumberText.Value(results.Of(method, content.PicturedSet, m => m.Divergence).Mean)}, "
                + $"R@10 {NumberText.Percent(results.Of(method, content.PicturedSet, m => m.TextToImageRecall10).Mean)}%";
    }

    private static IEnumerable<TrainingCurve> Curves(DemoTraining training)
    {
        var epochs = training.Result.Epochs;
        double[] steps = [.. epochs.Select(e => (double)e.Epoch)];
        yield return new TrainingCurve(training.Method.Name, "D_CS on validation, off-diagonal", steps,
            [.. epochs.Select(e => (double)e.ValidationCsDivergence)]);
        yield return new TrainingCurve(training.Method.Name, "R@1 on validation, mean of both ways", steps,
            [.. epochs.Select(e => 0.5 * ((double)e.ValidationImageToText + e.ValidationTextToImage))]);
    }

    // Queries are drawn, not picked: what the report shows is not the best of what there is.
    private static List<QueryComparison> CompareQueries(DemoData data, DemoRun run)
    {
        var random = new RandomGenerator(QuerySeed);
        var comparisons = new List<QueryComparison>();
        for (int i = 0; i < Queries; i++)
        {
            var test = data.Tests[i % data.Tests.Count];
            int row = random.Next(test.Count);
            comparisons.Add(new QueryComparison(test.Caption(row), test.Name, Find(DemoMethod.Raw), Find(DemoMethod.CsInfoNce)));

            FoundIcons Find(string method) =>
                Search(test, run.Outcomes.Single(o => o.Seed == 0 && o.Test == test && o.Method.Name == method), row);
        }

        return comparisons;
    }

    // Fixed before its hits were known: a thing that every icon set draws.
    private static IndexQuery SearchBoth(IconPairs test, DemoRun run)
    {
        int row = Enumerable.Range(0, test.Count).FirstOrDefault(i => test.Caption(i) == IndexedQuery);
        return new IndexQuery(
            test.Caption(row), test.Name, DemoMethod.Raw, Hits(DemoMethod.Raw), DemoMethod.NoPairs, Hits(DemoMethod.NoPairs));

        IReadOnlyList<IndexHit> Hits(string method)
        {
            var outcome = run.Outcomes.Single(o => o.Seed == 0 && o.Test == test && o.Method.Name == method);
            Tensor query = FeatureRows.Range(outcome.Texts, row, row + 1);
            var options = new MixedSearchOptions { Top = HitsShown, Except = [new(RowKind.Text, row)] };
            var found = new MixedIndex(outcome.Images, outcome.Texts).Search(query, options)[0].Matches.Select(match => match.Row);
            return [.. found.Select(hit => new IndexHit(
                test.Caption(hit.Row), hit.Kind == RowKind.Image ? Png(test, hit.Row) : null, hit.Row == row))];
        }
    }

    private static FoundIcons Search(IconPairs test, DemoOutcome outcome, int query)
    {
        int[] order = [.. ExactSearch.TopK(FeatureRows.Range(outcome.Texts, query, query + 1), outcome.Images, test.Count).Rows(0)];
        return new FoundIcons([.. order.Take(IconsShown).Select(i => new FoundIcon(test.Caption(i), Png(test, i), i == query))],
            1 + Array.IndexOf(order, query));
    }

    private static byte[] Png(IconPairs test, int row)
    {
        int size = test.Icons.Size;
        var rgb = new byte[3 * size * size];
        test.Icons.GetImage(test.Indices[row], rgb);
        return PngFile.Encode(rgb, size, size);
    }

    private static List<string> Notes(DemoData data)
    {
        var sources = data.Tests.Append(data.Alignment).Append(data.Validation).SelectMany(p => p.Icons.Sets).DistinctBy(s => s.Set);
        return
        [
            "The features of every method and test set are next to this page; csalign evaluate recomputes each number from them.",
            "Icons by " + string.Join("; ", sources.Select(s => $"{s.Title} ({s.Author}, {s.Licence})")) + ".",
        ];
    }
}
