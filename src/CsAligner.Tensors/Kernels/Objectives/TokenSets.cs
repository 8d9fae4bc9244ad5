namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>Of each sample the rows that are its tokens.</summary>
/// <param name="Rows">The rows of all samples, one sample after the other.</param>
/// <param name="Offsets">The first of each sample in <paramref name="Rows"/>, and their number: B + 1.</param>
internal sealed record TokenSets(int[] Rows, int[] Offsets)
{
    /// <summary>B.</summary>
    public int Count => Offsets.Length - 1;

    /// <summary>The rows of a sample.</summary>
    public ReadOnlySpan<int> Of(int sample) => Rows.AsSpan(Offsets[sample]..Offsets[sample + 1]);

    /// <summary>The tokens of [B, T, D] that a mask leaves, rows numbered through.</summary>
    public static TokenSets Of(bool[,] mask)
    {
        int batch = mask.GetLength(0), longest = mask.GetLength(1);
        var rows = new List<int>(mask.Length);
        var offsets = new int[batch + 1];
        for (int b = 0; b < batch; b++)
        {
            for (int t = 0; t < longest; t++)
                if (mask[b, t]) rows.Add((b * longest) + t);
            offsets[b + 1] = rows.Count;
        }

        return new TokenSets([.. rows], offsets);
    }
}
