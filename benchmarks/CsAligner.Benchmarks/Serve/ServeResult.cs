namespace CsAligner.Benchmarks.Serve;

/// <summary>One server's rounds.</summary>
/// <param name="Size">Items in the index.</param>
/// <param name="Words">Whether words were asked for, embedding included.</param>
/// <param name="Clients">Clients at a time.</param>
/// <param name="Server">Its name.</param>
/// <param name="Recall">Of the ten best.</param>
/// <param name="Loads">One for each round.</param>
/// <param name="ResidentBytes">Of its process.</param>
/// <param name="BuildSeconds">How long our index took to make; NaN where it was there.</param>
internal sealed record ServeResult(
    int Size, bool Words, int Clients, string Server, double Recall, IReadOnlyList<ServeLoad> Loads, long ResidentBytes,
        double BuildSeconds)
{
    public double PerSecond => Rounds.Median(Loads.Select(load => load.PerSecond));

    public double P50 => Rounds.Median(Loads.Select(load => load.P50));

    public double P99 => Rounds.Median(Loads.Select(load => load.P99));

    /// <summary>How many times as many requests another answered.</summary>
    public double RatioTo(ServeResult other) =>
        Rounds.Ratio([.. other.Loads.Select(load => load.PerSecond)], [.. Loads.Select(load => load.PerSecond)]);
}
