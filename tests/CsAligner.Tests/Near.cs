namespace CsAligner.Tests;

/// <summary>Comparisons with the tolerances of the contract: values relative, gradients relative to their norm.</summary>
internal static class Near
{
    public static void Relative(double expected, double actual, double tolerance, string? what = null) =>
        Assert.True(
            Math.Abs(actual - expected) <= tolerance * Math.Abs(expected),
            $"{what}: expected {expected:R}, got {actual:R}, off by {Math.Abs(actual - expected) / Math.Abs(expected):E2} relative.");

    public static void Norm(IEnumerable<double> expected, IEnumerable<double> actual, double tolerance, string? what = null)
    {
        double[] want = [.. expected], got = [.. actual];
        Assert.Equal(want.Length, got.Length);
        double difference = Math.Sqrt(want.Zip(got, (a, b) => (a - b) * (a - b)).Sum());
        double norm = Math.Sqrt(want.Sum(v => v * v));
        Assert.True(difference <= tolerance * norm, $"{what}: gradient off by {difference:E2}, its norm is {norm:E2}.");
    }
}
