namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>
/// Matrix products of float32. Shapes: A [m, k], B [k, n], C [m, n]. The bits of an element of C depend only on its row
/// of A, its column of B, k and the SIMD path: not on the number of threads, the other rows and columns, or the strides.
/// </summary>
internal static unsafe class Gemm
{
    /// <summary>
    /// C = A·B, or C += A·B with <paramref name="accumulate"/>. The elements of a row of C lie side by side.
    /// C must not overlap A or B. An inner dimension of 0 gives zeros.
    /// </summary>
    public static void Run(int m, int n, int k, StridedMatrix a, StridedMatrix b, StridedMatrix c, bool accumulate) =>
        GemmJob.OfThisThread.Run(new GemmOperands(m, n, k, a, b, c, accumulate));

    /// <summary>
    /// <paramref name="batch"/> products of one shape, operands as far apart as they say. The C's must not overlap.
    /// Each gives the same bits as <see cref="Run"/>.
    /// </summary>
    public static void RunBatched(
        int batch, int m, int n, int k, StridedMatrix a, StridedMatrix b, StridedMatrix c, bool accumulate) =>
        GemmBatch.OfThisThread.Run(batch, new GemmOperands(m, n, k, a, b, c, accumulate), a.Batch, b.Batch, c.Batch);
}
