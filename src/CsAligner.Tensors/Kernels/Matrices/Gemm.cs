namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>
/// Matrix products of float32. Shapes: A [m, k], B [k, n], C [m, n]. The bits of an element of C depend only on its row
/// of A, its column of B, k and the SIMD path: not on the number of threads, the other rows and columns, or the strides.
/// </summary>
internal static unsafe class Gemm
{
    /// <summary>
    /// C = A·B, or C += A·B with <paramref name="accumulate"/>. Element (i, p) of A lies at
    /// a[i * aRow + p * aCol], (p, j) of B at b[p * bRow + j * bCol], (i, j) of C at c[i * cRow + j].
    /// C must not overlap A or B. An inner dimension of 0 gives zeros.
    /// </summary>
    public static void Run(
        int m, int n, int k, float* a, int aRow, int aCol, float* b, int bRow, int bCol, float* c, int cRow, bool accumulate)
    {
        var operands = new GemmOperands(m, n, k, a, aRow, aCol, b, bRow, bCol, c, cRow, accumulate);
        GemmJob.OfThisThread.Run(operands);
    }

    /// <summary>
    /// <paramref name="batch"/> products of one shape, operands <paramref name="aBatch"/>, <paramref name="bBatch"/> and
    /// <paramref name="cBatch"/> elements apart (0: the same A or B for all). The C's must not overlap.
    /// Each gives the same bits as <see cref="Run"/>.
    /// </summary>
    public static void RunBatched(
        int batch, int m, int n, int k, float* a, long aBatch, int aRow, int aCol,
        float* b, long bBatch, int bRow, int bCol, float* c, long cBatch, int cRow, bool accumulate)
    {
        var first = new GemmOperands(m, n, k, a, aRow, aCol, b, bRow, bCol, c, cRow, accumulate);
        GemmBatch.OfThisThread.Run(batch, first, (nint)aBatch, (nint)bBatch, (nint)cBatch);
    }
}
