namespace CsAligner.Ranks;

/// <summary>The rows of a set that a rank holds: ranges of nearly equal length, in the order of the ranks.</summary>
/// <param name="First">The first.</param>
/// <param name="Count">How many.</param>
internal readonly record struct RowRange(int First, int Count)
{
    /// <summary>Those of a rank.</summary>
    public static RowRange Of(int rows, int rank, int ranks)
    {
        int first = (int)((long)rows * rank / ranks);
        return new RowRange(first, (int)((long)rows * (rank + 1) / ranks) - first);
    }

    /// <summary>The rank that holds a row.</summary>
    public static int OwnerOf(int row, int rows, int ranks)
    {
        int rank = (int)((long)row * ranks / rows);
        while (Of(rows, rank, ranks) is var range && row >= range.First + range.Count) rank++;
        return rank;
    }
}
