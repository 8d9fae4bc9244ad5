using CsAligner.Training;

namespace CsAligner.Studies.Demo;

/// <summary>One way to align that the demo compares.</summary>
/// <param name="Name">Its name for people.</param>
/// <param name="Key">Its name in files.</param>
/// <param name="Options">How it trains; null where nothing is done at all.</param>
/// <param name="Rows">What it trains on.</param>
internal sealed record DemoMethod(string Name, string Key, AlignmentOptions? Options, DemoRows Rows = DemoRows.Pairs)
{
    public const string Raw = "raw";
    public const string CsInfoNce = "CS + InfoNCE";
    public const string MeanShift = "mean-shift";
    public const string NoPairs = "no pairs";
    public const string OwnRows = "own rows";

    /// <summary>The methods in the order of the table: the defaults of <c>align</c>, but for the objective where that is said.</summary>
    public static IReadOnlyList<DemoMethod> All(ulong seed)
    {
        var options = new AlignmentOptions { Seed = seed };
        return
        [
            new(Raw, "raw", null),
            new(MeanShift, "mean-shift", options with { Objective = AlignmentObjective.MeanShift }),
            new("barycentre", "barycentre", options with { Objective = AlignmentObjective.Barycentre }),
            new("InfoNCE", "infonce", options with { Objective = AlignmentObjective.InfoNce }),
            new("CS", "cs", options with { Objective = AlignmentObjective.Cs }),
            new(CsInfoNce, "cs-infonce", options),
            new(NoPairs, "no-pairs", options, DemoRows.Unpaired),
            new(OwnRows, "own-rows", options, DemoRows.Own),
        ];
    }
}
