namespace CsAligner.Tensors.Kernels;

/// <summary>Matrix products of float32. Shapes: A [m, k], B [k, n], C [m, n].</summary>
internal static unsafe class Gemm
{
    /// <summary>
    /// C = A·B, or C += A·B with <paramref name="accumulate"/>. Element (i, k) of A lies at
    /// a[i * aRow + k * aCol], (k, j) of B at b[k * bRow + j * bCol], (i, j) of C at c[i * cRow + j].
    /// </summary>
    public static void Run(
        int m, int n, int k, float* a, int aRow, int aCol, float* b, int bRow, int bCol, float* c, int cRow, bool accumulate)
    {
        const int RowsPerTask = 16;
        Workers.For((m + RowsPerTask - 1) / RowsPerTask, task =>
        {
            int end = Math.Min(m, (task + 1) * RowsPerTask);
            for (int i = task * RowsPerTask; i < end; i++)
            {
                var row = new Span<float>(c + (long)i * cRow, n);
                if (!accumulate) row.Clear();
                for (int p = 0; p < k; p++)
                {
                    float factor = a[(long)i * aRow + (long)p * aCol];
                    float* source = b + (long)p * bRow;
                    for (int j = 0; j < row.Length; j++) row[j] += factor * source[(long)j * bCol];
                }
            }
        });
    }

    /// <summary>
    /// <paramref name="batch"/> products of one shape, operands <paramref name="aBatch"/>, <paramref name="bBatch"/> and
    /// <paramref name="cBatch"/> elements apart (0: the same operand for all). The C's must not overlap.
    /// </summary>
    public static void RunBatched(
        int batch, int m, int n, int k, float* a, long aBatch, int aRow, int aCol,
        float* b, long bBatch, int bRow, int bCol, float* c, long cBatch, int cRow, bool accumulate)
    {
        Workers.For(batch, i =>
            Run(m, n, k, a + i * aBatch, aRow, aCol, b + i * bBatch, bRow, bCol, c + i * cBatch, cRow, accumulate));
    }
}
