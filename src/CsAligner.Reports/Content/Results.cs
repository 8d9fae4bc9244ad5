namespace CsAligner.Reports.Content;

/// <summary>The measurements by method and test set, in the order in which those were given.</summary>
internal sealed class Results
{
    private readonly ILookup<(string Method, string TestSet), Measurement> _cells;

    public Results(IReadOnlyList<Measurement> measurements)
    {
        _cells = measurements.ToLookup(measurement => (measurement.Method, measurement.TestSet));
        Methods = [.. measurements.Select(measurement => measurement.Method).Distinct(StringComparer.Ordinal)];
        TestSets = [.. measurements.Select(measurement => measurement.TestSet).Distinct(StringComparer.Ordinal)];
        Seeds = measurements.Select(measurement => measurement.Seed).Distinct().Count();
    }

    public IReadOnlyList<string> Methods { get; }

    public IReadOnlyList<string> TestSets { get; }

    /// <summary>How many different seeds there are.</summary>
    public int Seeds { get; }

    /// <summary>One quantity of a method on a test set, over the seeds.</summary>
    public Summary Of(string method, string testSet, Func<Measurement, double> quantity) =>
        Summary.Of([.. _cells[(method, testSet)].Select(quantity)]);

    /// <summary>One quantity of a method, averaged over the test sets that have it.</summary>
    public double MeanOverSets(string method, Func<Measurement, double> quantity) =>
        TestSets.Select(set => Of(method, set, quantity).Mean).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Pairs in a test set.</summary>
    public int PairsOf(string testSet) =>
        Methods.SelectMany(method => _cells[(method, testSet)]).Select(measurement => measurement.Pairs).FirstOrDefault();
}
