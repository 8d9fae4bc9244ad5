using System.CommandLine;
using System.CommandLine.Parsing;
using CsAligner.Adapters;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary>The options of <c>align</c> that decide how it trains; defaults and ranges are the library's.</summary>
internal sealed class AlignOptions
{
    private static readonly AlignmentOptions Default = new();

    private readonly Option<string> _objective = Choice(
        "--objective", "What is minimised: infonce, cs, cs+infonce, or mean-shift (nothing is trained).", "KIND", AlignmentOptions.NameOf(Default.Objective), text => AlignmentOptions.ParseObjective(text));

    private readonly Option<string> _train = Choice(
        "--train", "Which sides get an adapter: both, text or image. With text, image indexes stay valid.", "both|text|image", AlignmentOptions.NameOf(Default.Train), text => AlignmentOptions.ParseTrain(text));

    private readonly Option<string> _adapter = Choice(
        "--adapter", $"The kind of adapter: {string.Join(", ", AdapterOptions.Kinds)}.", "KIND", Default.Adapter.Kind, kind => new AdapterOptions { Kind = kind }.Validate());

    private readonly Option<int?> _adapterSize = CommonOptions.OptionalCount(
        "--adapter-size", "Rank of low-rank, hidden width of mlp. Left out: 256 (at most the features' width) and twice that width.", most: 65536);

    private readonly Option<BandwidthRule> _bandwidth = CommonOptions.Bandwidth(Default.Bandwidth.ToString());
    private readonly Option<string> _estimator = CommonOptions.Choice(
        "--estimator", "How D_CS of a batch is taken: exact over all pairs, or nystrom from landmarks, in time linear in the batch; for batches of many thousands.", "exact", "exact", "nystrom");

    private readonly Option<int> _features = CommonOptions.Count(
        "--features", "Landmark rows of nystrom.", NystromEstimator.DefaultFeatures, NystromEstimator.FewestFeatures, NystromEstimator.MostFeatures);

    private readonly Option<double> _lambda = CommonOptions.Number("--lambda", "Weight of InfoNCE beside D_CS.", Default.Lambda, 0, 1000);
    private readonly Option<double> _temperature = CommonOptions.Number("--temperature", "tau of InfoNCE.", Default.Temperature, 0.01, 10);
    private readonly Option<bool> _learnTemperature = new("--learn-temperature") { Description = "Learn tau, from --temperature on." };
    private readonly Option<int> _epochs = CommonOptions.Count("--epochs", "Passes over the pairs.", Default.Epochs, 1, 1_000_000);
    private readonly Option<int> _batchSize = CommonOptions.Count("--batch-size", "The most pairs in a step.", Default.BatchSize, 2, 1 << 20);
    private readonly Option<double> _unpairedRatio = CommonOptions.Number(
        "--unpaired-ratio", "The most unpaired rows of a side to a pair in a step; where there are more, an epoch goes over the pairs as often as it takes.", Default.UnpairedRatio, 0.01, 1000);

    private readonly Option<int?> _chunkSize = CommonOptions.OptionalCount(
        "--chunk-size", "The most rows that go through an adapter at once. Larger steps need memory for so many only, and go through it twice (gradient caching). Left out: all of a step.");

    private readonly Option<double> _lr = CommonOptions.Number("--lr", "AdamW's peak learning rate.", Default.LearningRate, 0, 1, leastIncluded: false);
    private readonly Option<double> _weightDecay = CommonOptions.Number("--weight-decay", "AdamW's weight decay.", Default.WeightDecay, 0, 10);
    private readonly Option<double> _interpolation = CommonOptions.Number(
        "--interpolation", "How far the kept weights lie from the start's (0) to the trained ones (1). Below 1 they keep more retrieval on data unlike the pairs.", Default.Interpolation, 0, 1, leastIncluded: false);

    private readonly Option<double> _validation = CommonOptions.Number(
        "--val-fraction", "Share of the pairs held out; the best epoch on them is kept.", Default.ValidationFraction, 0, 0.5);

    private readonly Option<ulong> _seed = CommonOptions.Seed();

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[
            _objective, _train, _adapter, _adapterSize, _bandwidth, _estimator, _features, _lambda, _temperature, _learnTemperature,
            _epochs, _batchSize, _unpairedRatio, _chunkSize, _lr, _weightDecay, _interpolation, _validation, _seed])
            command.Add(option);
    }

    public AlignmentOptions Read(ParseResult parsed) => new()
    {
        Objective = AlignmentOptions.ParseObjective(parsed.GetValue(_objective)!),
        Train = AlignmentOptions.ParseTrain(parsed.GetValue(_train)!),
        Adapter = new AdapterOptions { Kind = parsed.GetValue(_adapter)!, Size = parsed.GetValue(_adapterSize) },
        Bandwidth = parsed.GetValue(_bandwidth)!,
        Estimator = parsed.GetValue(_estimator) == "nystrom" ? new NystromEstimator { Features = parsed.GetValue(_features) } : null,
        Lambda = parsed.GetValue(_lambda),
        Temperature = parsed.GetValue(_temperature),
        LearnTemperature = parsed.GetValue(_learnTemperature),
        Epochs = parsed.GetValue(_epochs),
        BatchSize = parsed.GetValue(_batchSize),
        UnpairedRatio = parsed.GetValue(_unpairedRatio),
        ChunkSize = parsed.GetValue(_chunkSize),
        LearningRate = parsed.GetValue(_lr),
        WeightDecay = parsed.GetValue(_weightDecay),
        Interpolation = parsed.GetValue(_interpolation),
        ValidationFraction = parsed.GetValue(_validation),
        Seed = parsed.GetValue(_seed),
    };

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
}
