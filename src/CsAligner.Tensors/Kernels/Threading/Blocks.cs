namespace CsAligner.Tensors.Kernels.Threading;

/// <summary>Cuts ranges into blocks of a fixed size, whatever the number of threads: results may depend on the block,
/// never on the thread.</summary>
internal static class Blocks
{
    /// <summary>Elements in a block of an elementwise kernel: small enough for the first-level cache,
    /// large enough to pay for the hand-over.</summary>
    public const int Elements = 8192;

    /// <summary>Runs <paramref name="body"/>(start, end) over [0, length) in blocks.</summary>
    public static void For(int length, int block, Action<int, int> body)
    {
        if (length <= block)
        {
            if (length > 0) body(0, length);
            return;
        }

        Workers.For(Count(length, block), i => body(i * block, Math.Min(length, (i + 1) * block)));
    }

    /// <summary>The same without a trace on the heap: for the kernels of a training step.</summary>
    public static void For<TBody>(int length, int block, in TBody body)
        where TBody : struct, IBlockBody
    {
        if (length > block) BlockLoop<TBody>.Run(length, block, body);
        else if (length > 0) body.Run(0, length);
    }

    /// <summary>Runs <paramref name="body"/> over rows, as many in a block as make about <see cref="Elements"/> elements.</summary>
    public static void ForRows(int rows, int width, Action<int, int> body) => For(rows, RowsPerBlock(width), body);

    /// <summary>The same without a trace on the heap.</summary>
    public static void ForRows<TBody>(int rows, int width, in TBody body)
        where TBody : struct, IBlockBody
        => For(rows, RowsPerBlock(width), body);

    public static int RowsPerBlock(int width) => Math.Max(1, Elements / Math.Max(1, width));

    public static int Count(int length, int block) => (int)(((long)length + block - 1) / block);
}
