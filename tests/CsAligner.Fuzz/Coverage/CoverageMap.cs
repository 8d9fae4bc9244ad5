namespace CsAligner.Fuzz.Coverage;

/// <summary>
/// Counts the branches that instrumented readers take: <see cref="Instrumenter"/> puts a call of <see cref="Hit"/> at the start
/// of each basic block. Public because code of other assemblies calls it.
/// </summary>
public static class CoverageMap
{
    internal const int Size = 1 << 16;

    private static int _previous;

    internal static byte[] Counts { get; } = new byte[Size];

    /// <summary>Counts the step from the block before to this one.</summary>
    public static void Hit(int block)
    {
        byte[] counts = Counts;
        counts[(block ^ _previous) & (Size - 1)]++;
        _previous = block >> 1;
    }

    internal static void Clear()
    {
        Array.Clear(Counts);
        _previous = 0;
    }
}
