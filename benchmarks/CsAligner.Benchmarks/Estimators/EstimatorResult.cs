namespace CsAligner.Benchmarks.Estimators;

/// <summary>One way of estimating at one bandwidth, over all seeds.</summary>
/// <param name="Method">Its name, with its size.</param>
/// <param name="Bandwidth">sigma.</param>
/// <param name="Exact">D_CS of all rows.</param>
/// <param name="RootMeanSquare">Of the errors.</param>
/// <param name="Largest">The largest error of any seed.</param>
/// <param name="StandardError">Mean of what the estimate itself reports; null where it reports none.</param>
/// <param name="Seconds">Median of one estimate.</param>
internal sealed record EstimatorResult(
    string Method, double Bandwidth, double Exact, double RootMeanSquare, double Largest, double? StandardError, double Seconds)
{
    /// <summary>The project's goal for the largest error.</summary>
    public double Goal => 0.01 * Math.Max(1, Exact);
}
