namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>One matrix product: shapes, pointers and strides as <see cref="Gemm.Run"/> describes them.</summary>
internal unsafe struct GemmOperands(int m, int n, int k, StridedMatrix a, StridedMatrix b, StridedMatrix c, bool accumulate)
{
    public readonly int M = m, N = n, K = k;
    public float* A = a.Values, B = b.Values, C = c.Values;
    public readonly nint ARow = a.Row, ACol = a.Column, BRow = b.Row, BCol = b.Column, CRow = c.Row;
    public readonly bool Accumulate = accumulate;

    /// <summary>Multiply-adds in the product.</summary>
    public readonly double Work => (double)M * N * K;
}
