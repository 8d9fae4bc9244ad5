namespace CsAligner.Benchmarks.Ranks;

/// <summary>A step of the objective as one rank saw it.</summary>
/// <param name="Ranks">P.</param>
/// <param name="Batch">B, pairs over all ranks.</param>
/// <param name="Width">D.</param>
/// <param name="Exchange">gather or ring.</param>
/// <param name="Seconds">Of the whole step.</param>
/// <param name="ExchangeSeconds">Of these, in exchange, waiting for the other ranks included.</param>
/// <param name="Bytes">Received in a step.</param>
/// <param name="PeakBytes">The most memory the process has held.</param>
internal sealed record RanksResult(
    int Ranks, int Batch, int Width, string Exchange, double Seconds, double ExchangeSeconds, long Bytes, long PeakBytes)
{
    /// <summary>Products of 2 B² D flops in a step over all ranks: see DataParallelLossKernel.</summary>
    public const int Products = 8;

    public double ComputeSeconds => Seconds - ExchangeSeconds;

    /// <summary>Flops a second of one rank.</summary>
    public double Rate => Products * 2.0 * Batch * Batch * Width / Ranks / ComputeSeconds;

    /// <summary>What the model says a rank receives: the rows of both sides that it does not have, and 11 doubles for each row.</summary>
    public static double ModelBytes(double batch, int width, int ranks, bool ring) =>
        2 * batch * (ranks - 1) / ranks * ((sizeof(float) * (double)width * (ring ? 2 : 1)) + (11 * sizeof(double)));
}
