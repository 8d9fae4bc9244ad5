using CsAligner.Adapters;
using CsAligner.Objectives;
using CsAligner.Training;

namespace CsAligner.Studies.Demo;

/// <summary>One way to align that the demo compares, and the options it trains with; none where nothing is done at all.</summary>
internal sealed record DemoMethod(string Name, string Key, AlignmentOptions? Options)
{
    public const string Raw = "raw";
    public const string CsInfoNce = "CS + InfoNCE";

    /// <summary>
    /// The methods in the order of the table. All train alike except for their objective; how was chosen on the
    /// validation sets, among some sixty trainings at several interpolations each, with the test sets' figures of an
    /// earlier setting known.
    /// </summary>
    public static IReadOnlyList<DemoMethod> All(ulong seed)
    {
        var options = new AlignmentOptions
        {
            Adapter = new AdapterOptions { Kind = "mlp", Size = 768 },
            Bandwidth = BandwidthRule.Within(0.35),
            Lambda = 0.35,
            Temperature = 0.1,
            Epochs = 8,
            BatchSize = 2048,
            LearningRate = 1e-3,
            Interpolation = 0.65,
            Seed = seed,
        };
        return
        [
            new(Raw, "raw", null),
            new("mean-shift", "mean-shift", options with { Objective = AlignmentObjective.MeanShift }),
            new("InfoNCE", "infonce", options with { Objective = AlignmentObjective.InfoNce }),
            new("CS", "cs", options with { Objective = AlignmentObjective.Cs }),
            new(CsInfoNce, "cs-infonce", options),
        ];
    }
}
