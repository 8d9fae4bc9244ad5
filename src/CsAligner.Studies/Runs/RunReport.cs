using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using CsAligner.Tensors;

namespace CsAligner.Studies.Runs;

/// <summary>Fills the report from any number of runs.</summary>
internal sealed class RunReport(IReadOnlyList<AlignRun> runs, BandwidthRule bandwidth, ulong seed)
{
    /// <summary>The measures of the features before any adapter.</summary>
    public const string Raw = "raw";

    // A run that loses more than this of R@1 has paid for its gap with recall.
    private const double RecallLoss = 0.01;

    // Each takes maps, histograms and a column: more than these are measured, but not pictured.
    private const int MostPictured = 12;

    private readonly List<Measurement> _measurements = [];
    private readonly List<(string Method, RunFeatures Set, Tensor Images, Tensor Texts)> _mapped = [];

    /// <summary>A curve for each quantity of the epochs that has numbers.</summary>
    private static readonly (string Quantity, Func<IReadOnlyDictionary<string, double>, double> Value)[] s_quantities =
    [
        ("Loss", epoch => Of(epoch, "loss")),
        ("D_CS of the batches", epoch => Of(epoch, "cs_divergence")),
        ("InfoNCE of the batches, nats", epoch => Of(epoch, "infonce")),
        ("Term of the baseline", epoch => Of(epoch, "other")),
        ("D_CS of the tokens", epoch => Of(epoch, "token_cs_divergence")),
        ("Held out: D_CS, off-diagonal", epoch => Of(epoch, "val_cs_divergence_off_diagonal")),
        ("Held out: R@1, mean of both ways", epoch => 0.5 * (Of(epoch, "val_image_to_text_r1") + Of(epoch, "val_text_to_image_r1"))),
    ];

    /// <summary>Names for folders: as many last parts of their paths as needed to distinguish them.</summary>
    public static IReadOnlyList<string> NamesOf(IReadOnlyList<string> folders)
    {
        string[][] parts =
            [.. folders.Select(folder => Path.GetFullPath(folder)
                .Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))];
        for (int depth = 1; ; depth++)
        {
            string[] names = [.. parts.Select(part => part.Length == 0 ? "/" : string.Join('/', part.TakeLast(depth)))];
            if (names.Distinct(StringComparer.Ordinal).Count() == names.Length || parts.All(part => part.Length <= depth)) return names;
        }
    }

    /// <summary>Measures the adapters of runs on features, and the features without them.</summary>
    public void Evaluate(RunFeatures features, IReadOnlyList<AlignRun> of, Action<string> begun)
    {
        if (features.Images.Width == features.Texts.Width) Add(Raw, features, features.Images, features.Texts);
        foreach (AlignRun run in of)
        {
            begun(run.Name);
            (Tensor images, Tensor texts) = features.MapBy(run);
            Add(run.Name, features, images, texts);
        }
    }

    /// <summary>All that the page shows.</summary>
    public ReportContent Fill(IReadOnlyList<string> remarks, Action<string> begun)
    {
        string best = Best();
        var pictured = _mapped.Where(one => one.Set == _mapped[0].Set).Take(MostPictured).Select(one =>
        {
            begun(one.Method);
            (Tensor images, Tensor texts) = one.Set.Aligned(one.Images, one.Texts);
            return (
                Map: EmbeddingMap.Of(one.Method, images, texts),
                Neighbours: images.Rows < 2 ? null : EmbeddingMap.ByNeighbours(one.Method, images, texts, seed: seed),
                Cosines: CosineSample.Of(one.Method, images, texts),
                Gap: images.Rows < 4 ? null : GapAnalysis.Of(one.Method, images, texts, bandwidth, seed));
        }).ToArray();
        return new ReportContent
        {
            Title = runs.Count == 1 ? $"A run: {runs[0].Name}" : $"{runs.Count} runs compared",
            Summary = SummaryOf(best),
            Before = Raw,
            After = best,
            BandwidthRule = bandwidth.ToString(),
            HeldOut = false,
            Facts = FactsOf(),
            Options = OptionsOf(),
            Choices = [.. runs.Select(run => run.Choice).OfType<HeatMap>()],
            Measurements = _measurements,
            PicturedSet = _mapped.Count > 0 ? _mapped[0].Set.Name : "",
            Maps = [.. pictured.Select(one => one.Map)],
            NeighbourMaps = [.. pictured.Select(one => one.Neighbours).OfType<EmbeddingMap>()],
            Cosines = [.. pictured.Select(one => one.Cosines)],
            Gaps = [.. pictured.Select(one => one.Gap).OfType<GapAnalysis>()],
            Curves = [.. CurvesOf()],
            Notes = remarks,
        };
    }

    private static double Of(IReadOnlyDictionary<string, double> epoch, string key) =>
        epoch.TryGetValue(key, out double value) ? value : double.NaN;

    private static double Recall(Measurement cell) => 0.5 * (cell.ImageToTextRecall1 + cell.TextToImageRecall1);

    private void Add(string method, RunFeatures features, Tensor images, Tensor texts)
    {
        AlignmentMeasures measures = Evaluator.Evaluate(images, texts, bandwidth, seed, features.Pairing);
        DistributionMeasures distributions = measures.Distributions;
        _mapped.Add((method, features, images, texts));
        _measurements.Add(new Measurement
        {
            Method = method,
            TestSet = features.Name,
            Pairs = features.Pairing.Texts,
            Seed = 0,
            Divergence = distributions.CsDivergenceOffDiagonal ?? double.NaN,
            Bandwidth = distributions.Bandwidth,
            ImageToTextRecall1 = measures.ImageToText.RecallAt1,
            TextToImageRecall1 = measures.TextToImage.RecallAt1,
            ImageToTextRecall10 = measures.ImageToText.RecallAt10,
            TextToImageRecall10 = measures.TextToImage.RecallAt10,
            MixedTextQueryRecall10 = measures.Mixed.TextQuery.RecallAt10,
            MixedImageQueryRecall10 = measures.Mixed.ImageQuery.RecallAt10,
            SeenNamesRecall10 = double.NaN,
            UnseenNamesRecall10 = double.NaN,
            ImageUniformity = distributions.UniformityX ?? double.NaN,
            TextUniformity = distributions.UniformityY ?? double.NaN,
            CentroidGap = distributions.CentroidGap,
        });
    }

    // Over all the sets that a run was measured on.
    private string Best()
    {
        var results = new Results(_measurements);
        string[] measured = [.. results.Methods.Where(method => method != Raw)];
        if (measured.Length == 0) return "";
        string[] keeping =
            [.. measured.Where(method => _measurements.Where(cell => cell.Method == method)
                .All(cell => Recall(cell) >= RawRecall(cell.TestSet) - RecallLoss))];
        return keeping.Length > 0
            ? keeping.MinBy(method => results.MeanOverSets(method, cell => cell.Divergence))!
            : measured.MaxBy(method => results.MeanOverSets(method, Recall))!;

        double RawRecall(string set) =>
            _measurements.Where(cell => cell.Method == Raw && cell.TestSet == set).Select(Recall).FirstOrDefault();
    }

    private string SummaryOf(string best)
    {
        if (best.Length == 0)
            return "Options and training curves. No features were given, and the training data of the runs are not in place: nothing is "
                + "evaluated.";
        string marked = runs.Count == 1
            ? ""
            : $" Marked: {best}, of the runs that keep R@1 within a point of raw the one with the lowest D_CS (where none keeps it, the "
                + "one with the highest R@1).";
        var sets = _mapped.Select(one => one.Set).Distinct().Select(set => $"{NumberText.Count(set.Pairing.Texts)} pairs of {set.Name}");
        string beside = _mapped.Exists(one => one.Method == Raw)
            ? "beside the features as they come from the encoders"
            : "whose encoders give rows of different widths, so that there is nothing to compare them with before";
        return $"Each run's adapters on {string.Join(", ", sets)}, {beside}.{marked}";
    }

    private List<ReportFact> FactsOf()
    {
        List<ReportFact> facts = [.. runs.Where(run => run.Folder != run.Name).Select(run => new ReportFact(run.Name, run.Folder))];
        foreach (RunFeatures set in _mapped.Select(one => one.Set).Distinct().Where(set => set.AllPairs > set.Pairing.Texts))
            facts.Add(new ReportFact(set.Name,
                $"{NumberText.Count(set.Pairing.Texts)} of {NumberText.Count(set.AllPairs)} pairs, at even distances"));
        return facts;
    }

    private OptionTable OptionsOf()
    {
        var differing = new List<(string, IReadOnlyList<string>)>();
        var common = new List<string>();
        foreach (string key in runs.SelectMany(run => run.Options.Select(option => option.Key)).Distinct(StringComparer.Ordinal))
        {
            string[] values = [.. runs.Select(run => ValueOf(run.Options, key))];
            if (runs.Count == 1 || values.Distinct(StringComparer.Ordinal).Count() > 1) differing.Add((key, values));
            else common.Add($"{key} {values[0]}");
        }

        foreach (string role in runs.SelectMany(run => run.Inputs.Keys).Distinct(StringComparer.Ordinal))
        {
            string[] values = [.. runs.Select(run => run.Inputs.GetValueOrDefault(role, "–"))];
            if (runs.Count == 1 || values.Distinct(StringComparer.Ordinal).Count() > 1) differing.Add((role, values));
            else common.Add($"{role} {values[0]}");
        }

        string[] outcomes = [.. runs.SelectMany(run => run.Outcomes.Select(outcome => outcome.Key)).Distinct(StringComparer.Ordinal)];
        return new OptionTable(
            [.. runs.Select(run => run.Name)], differing,
            [.. outcomes.Select(key => (key, (IReadOnlyList<string>)[.. runs.Select(run => ValueOf(run.Outcomes, key))]))], common);

        static string ValueOf(IReadOnlyList<(string Key, string Value)> values, string key) =>
            values.FirstOrDefault(value => value.Key == key, (Key: key, Value: "–")).Value;
    }

    private IEnumerable<TrainingCurve> CurvesOf()
    {
        foreach ((string quantity, var value) in s_quantities)
        {
            foreach (AlignRun run in runs)
            {
                // Epoch 0 is the initial state, which has no loss.
                double[] steps = [.. run.Epochs.Select((epoch, i) => epoch.TryGetValue("epoch", out double number) ? number : i)],
                    values = [.. run.Epochs.Select(value)];
                if (values.Count(double.IsFinite) > 1) yield return new TrainingCurve(run.Name, quantity, steps, values);
            }
        }
    }
}
