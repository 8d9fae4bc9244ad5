using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using CsAligner.Adapters;
using CsAligner.Cli.Running;
using CsAligner.Objectives;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary>The options of <c>align</c> that decide how it trains; defaults and ranges are the library's.</summary>
internal sealed class AlignOptions
{
    private static readonly AlignmentOptions Default = new();

    private readonly Option<string> _objective = Choice(
        "--objective", $"What is minimised: {AlignmentObjective.Expected}. raw and mean-shift train nothing.", "KIND",
        Default.Objective.ToString(), text => AlignmentObjective.Parse(text));

    private readonly Option<string> _train = Choice(
        "--train", "Which sides get an adapter: both, text or image. With text, image indexes stay valid.", "both|text|image",
        AlignmentOptions.NameOf(Default.Train), text => AlignmentOptions.ParseTrain(text));

    private readonly Option<string> _adapter = Choice(
        "--adapter", $"The kind of adapter: {string.Join(", ", AdapterKinds.BuiltIn.Names)}.", "KIND", Default.Adapter.Kind,
        kind => new AdapterOptions { Kind = kind }.Validate());

    private readonly Option<int?> _adapterSize = CommonOptions.OptionalCount(
        "--adapter-size",
        "Rank of low-rank, hidden width of mlp, stack and transformer. Left out: 256 (at most the features' width) and twice that width.",
        most: 65536);

    private readonly Option<int?> _adapterLayers =
        CommonOptions.OptionalCount("--adapter-layers", "Blocks of stack and transformer. Left out: 4 and 2.", most: 64);

    private readonly Option<Choosable<BandwidthRule>> _bandwidth = Chosen(
        "--bandwidth", "sigma of the kernel: a number, median, within*F, or auto: chosen on pairs that are not trained on.",
        "F|median|within*F|auto", Default.Bandwidth, BandwidthRule.Parse);

    private readonly Option<double[]> _bandwidthFactors = CommonOptions.Numbers(
        "--bandwidth-factors",
        "Several bandwidths: D_CS (and MMD) is averaged over these multiples of --bandwidth, such as 0.5 1 2.", most: 16);

    private readonly Option<string> _estimator = CommonOptions.Choice(
        "--estimator",
        "How D_CS of a batch is taken: exact over all pairs, or nystrom from landmarks, in time linear in the batch; for batches of many "
            + "thousands.", "exact", "exact", "nystrom");

    private readonly Option<int> _features = CommonOptions.Count(
        "--features", "Landmark rows of nystrom.", NystromEstimator.DefaultFeatures, NystromEstimator.FewestFeatures,
        NystromEstimator.MostFeatures);

    private readonly Option<double> _tokenWeight = CommonOptions.Number(
        "--token-weight",
        "Weight of D_CS between the image tokens and the text tokens of each pair; needs --image-tokens and --text-tokens.",
        Default.TokenWeight, 0, 1000);

    private readonly Option<Choosable<Weight>> _lambda = Chosen(
        "--lambda", "Weight of InfoNCE or SigLIP beside other terms, 0 to 1000, or auto: chosen on pairs that are not trained on.",
        "F|auto", new Weight(Default.Lambda), Weight.Parse);

    private readonly Option<double> _temperature = CommonOptions.Number("--temperature", "tau of InfoNCE.", Default.Temperature, 0.01, 10);
    private readonly Option<bool> _learnTemperature = new("--learn-temperature") { Description = "Learn tau, from --temperature on." };
    private readonly Option<int> _epochs = CommonOptions.Count("--epochs", "Passes over the pairs.", Default.Epochs, 1, 1_000_000);
    private readonly Option<int> _batchSize =
        CommonOptions.Count("--batch-size", "The most pairs in a step.", Default.BatchSize, 2, 1 << 20);
    private readonly Option<double> _unpairedRatio = CommonOptions.Number(
        "--unpaired-ratio",
        "The most unpaired rows of a side to a pair in a step; where there are more, an epoch goes over the pairs as often as it takes.",
        Default.UnpairedRatio, 0.01, 1000);

    private readonly Option<bool> _allCaptions =
        new("--all-captions")
        {
            Description = "Let every step have all texts of its images, each a positive of its image, in place of one "
            + "drawn anew."
        };

    private readonly Option<int?> _chunkSize = CommonOptions.OptionalCount(
        "--chunk-size",
        "The most rows that go through an adapter at once. Larger steps need memory for so many only, and go through it twice (gradient "
            + "caching). Left out: all of a step.");

    private readonly Option<double> _lr =
        CommonOptions.Number("--lr", "AdamW's peak learning rate.", Default.LearningRate, 0, 1, leastIncluded: false);
    private readonly Option<double> _weightDecay =
        CommonOptions.Number("--weight-decay", "AdamW's weight decay.", Default.WeightDecay, 0, 10);
    private readonly Option<double> _interpolation = CommonOptions.Number(
        "--interpolation",
        "How far the kept weights lie from the start's (0) to the trained ones (1). Below 1 they keep more retrieval on data unlike the "
            + "pairs.", Default.Interpolation, 0, 1, leastIncluded: false);

    private readonly Option<double> _validation = CommonOptions.Number(
        "--val-fraction", "Share of the pairs held out; the best epoch on them is kept.", Default.ValidationFraction, 0, 0.5);

    private readonly Option<ulong> _seed = CommonOptions.Seed();

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[
            _objective, _train, _adapter, _adapterSize, _adapterLayers, _bandwidth, _bandwidthFactors, _estimator, _features, _tokenWeight,
            _lambda, _temperature, _learnTemperature,
            _epochs, _batchSize, _unpairedRatio, _allCaptions, _chunkSize, _lr, _weightDecay, _interpolation, _validation, _seed])
            command.Add(option);
    }

    /// <summary>Refuses what would have no effect.</summary>
    public void Check(ParseResult parsed)
    {
        CommonOptions.CheckFeatures(parsed, _estimator, _features);
        AlignmentOptions options = Read(parsed);
        try
        {
            options.Validate();
        }
        catch (InputException failure)
        {
            throw new UsageException($"--{failure.Message}");
        }

        AdapterKind kind = AdapterKinds.BuiltIn[options.Adapter.Kind];
        if (!kind.TakesSize) Refuse(_adapterSize, $"--adapter {options.Adapter.Kind}, which has no size");
        if (!kind.TakesLayers) Refuse(_adapterLayers, $"--adapter {options.Adapter.Kind}, which has no layers");

        void Refuse(Option option, string because)
        {
            if (parsed.IsGiven(option)) throw new UsageException($"{option.Name} has no effect with {because}: leave it out");
        }
    }

    /// <summary>Of options that were given, those that the objective has no use for. No mistakes:
    /// scripts try objectives with the same options.</summary>
    public IEnumerable<string> Unused(ParseResult parsed)
    {
        AlignmentOptions options = Read(parsed);
        AlignmentObjective objective = options.Objective;
        if (!objective.Trains) yield break;
        bool contrasts = objective.Terms.Any(term => term.NeedsLogitScale);
        bool hasKernel = options.TokenWeight > 0 || objective.Terms.Any(term => term.NeedsBandwidth);
        (Option Option, bool IsUsed)[] all =
        [
            (_lambda, objective.Terms.Any(term => objective.Weight(term, 0) == 0)),
            (_temperature, contrasts), (_learnTemperature, contrasts),
            (_bandwidth, hasKernel), (_bandwidthFactors, hasKernel),
        ];
        foreach ((Option option, bool isUsed) in all)
            if (!isUsed && parsed.IsGiven(option)) yield return $"note: {option.Name} has no effect with --objective {objective}";
    }

    public AlignmentOptions Read(ParseResult parsed) => new()
    {
        Objective = AlignmentObjective.Parse(parsed.GetValue(_objective)!),
        Train = AlignmentOptions.ParseTrain(parsed.GetValue(_train)!),
        Adapter = new AdapterOptions
        {
            Kind = parsed.GetValue(_adapter)!,
            Size = parsed.GetValue(_adapterSize),
            Layers = parsed.GetValue(_adapterLayers)
        },
        Bandwidth = parsed.GetValue(_bandwidth)!.Value ?? Default.Bandwidth,
        BandwidthFactors = parsed.GetValue(_bandwidthFactors) ?? [],
        Estimator = parsed.GetValue(_estimator) == "nystrom" ? new NystromEstimator { Features = parsed.GetValue(_features) } : null,
        TokenWeight = parsed.GetValue(_tokenWeight),
        Lambda = parsed.GetValue(_lambda)!.Value?.Number ?? Default.Lambda,
        Temperature = parsed.GetValue(_temperature),
        LearnTemperature = parsed.GetValue(_learnTemperature),
        Epochs = parsed.GetValue(_epochs),
        BatchSize = parsed.GetValue(_batchSize),
        UnpairedRatio = parsed.GetValue(_unpairedRatio),
        AllCaptions = parsed.GetValue(_allCaptions),
        ChunkSize = parsed.GetValue(_chunkSize),
        LearningRate = parsed.GetValue(_lr),
        WeightDecay = parsed.GetValue(_weightDecay),
        Interpolation = parsed.GetValue(_interpolation),
        ValidationFraction = parsed.GetValue(_validation),
        Seed = parsed.GetValue(_seed),
    };

    /// <summary>Chooses what was left to be chosen; null where nothing was.</summary>
    public AutomaticChoiceResult? Choose(ParseResult parsed, AlignmentOptions options, AlignmentData data, Session session)
    {
        bool bandwidth = parsed.GetValue(_bandwidth)!.Value is null, lambda = parsed.GetValue(_lambda)!.Value is null;
        if (!bandwidth && !lambda) return null;
        AutomaticChoiceResult? result = null;
        int settings = (bandwidth ? AutomaticChoice.BandwidthFactors.Count : 1) * (lambda ? AutomaticChoice.Lambdas.Count : 1);
        session.Terminal.WithProgress(
            "choosing",
            settings,
            progress => result = new AutomaticChoice(options, data).Choose(bandwidth, lambda, (done, _) => progress.Report(done),
                session.Cancellation),
            "settings");
        session.Terminal.Say(
            $"chosen: --bandwidth {result!.Options.Bandwidth} --lambda "
                + $"{result.Options.Lambda.ToString("R", CultureInfo.InvariantCulture)}");
        return result;
    }

    private static Option<Choosable<T>> Chosen<T>(string name, string description, string help, T fallback, Func<string, T> parse)
        where T : class
    {
        return new Option<Choosable<T>>(name)
        {
            Description = description,
            HelpName = help,
            DefaultValueFactory = _ => new Choosable<T>(fallback),
            CustomParser = result => CommonOptions.Parse(result, text => new Choosable<T>(text == "auto" ? null : parse(text))),
        };
    }

    private static Option<string> Choice(string name, string description, string help, string fallback, Action<string> check) => new(name)
    {
        Description = description,
        HelpName = help,
        DefaultValueFactory = _ => fallback,
        CustomParser = result => CommonOptions.Parse(result, text =>
        {
            check(text);
            return text;
        }),
    };

    /// <summary>A value, or null where it is to be chosen.</summary>
    private sealed record Choosable<T>(T? Value)
        where T : class
    {
        public override string ToString() => Value?.ToString() ?? "auto";
    }

    /// <summary>lambda.</summary>
    private sealed record Weight(double Number)
    {
        public override string ToString() => Number.ToString("R", CultureInfo.InvariantCulture);

        public static Weight Parse(string text) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 1000
                ? new Weight(value)
                : throw new InputException($"lambda: expected a number of 0 to 1000 or auto, got '{text}'{Suggestion.End(text, ["auto"])}");
    }
}
