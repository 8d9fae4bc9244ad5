namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>
/// How the rows of a tensor are cut into sequences: B of T rows each, or, with offsets, packed one below the other, each as long as
/// it is: sequence b has the rows from offsets[b] up to offsets[b + 1].
/// </summary>
/// <param name="Batch">B.</param>
/// <param name="Longest">T, or the most rows of a packed sequence.</param>
/// <param name="Offsets">B + 1 numbers from 0 to the number of rows, or null.</param>
internal readonly record struct SequenceLayout(int Batch, int Longest, int[]? Offsets)
{
    /// <summary>The sequences of [B, T, ...] without offsets, of [N, ...] with them.</summary>
    public static SequenceLayout Of(Tensor x, int[]? offsets, string operation)
    {
        if (x.Rank != (offsets is null ? 3 : 2))
            throw new ArgumentException($"{operation}: {Shapes.Format(x.Shape)} is neither [B, T, width] nor, with offsets, [N, width].",
                nameof(x));
        if (offsets is null) return new SequenceLayout(x.Shape[0], x.Shape[1], null);
        int longest = 0;
        for (int b = 1; b < offsets.Length; b++)
        {
            int length = offsets[b] - offsets[b - 1];
            if (length < 1)
                throw new ArgumentException($"{operation}: sequence {b - 1} has {length} rows; each needs 1 or more.", nameof(offsets));
            longest = Math.Max(longest, length);
        }

        return offsets.Length > 1 && offsets[0] == 0 && offsets[^1] == x.Rows
            ? new SequenceLayout(offsets.Length - 1, longest, offsets)
            : throw new ArgumentException($"{operation}: offsets must begin with 0 and end with the {x.Rows} rows.", nameof(offsets));
    }

    /// <summary>The first row of a sequence.</summary>
    public int First(int sequence) => Offsets is null ? sequence * Longest : Offsets[sequence];

    /// <summary>The rows of a sequence.</summary>
    public int Length(int sequence) => Offsets is null ? Longest : Offsets[sequence + 1] - Offsets[sequence];
}
