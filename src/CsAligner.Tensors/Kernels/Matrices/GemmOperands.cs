namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>One matrix product: shapes, pointers and strides as <see cref="Gemm.Run"/> describes them.</summary>
internal unsafe struct GemmOperands(
    int m, int n, int k, float* a, nint aRow, nint aCol, float* b, nint bRow, nint bCol, float* c, nint cRow, bool accumulate)
{
    public readonly int M = m, N = n, K = k;
    public float* A = a, B = b, C = c;
    public readonly nint ARow = aRow, ACol = aCol, BRow = bRow, BCol = bCol, CRow = cRow;
    public readonly bool Accumulate = accumulate;

    /// <summary>Multiply-adds in the product.</summary>
    public readonly double Work => (double)M * N * K;
}
