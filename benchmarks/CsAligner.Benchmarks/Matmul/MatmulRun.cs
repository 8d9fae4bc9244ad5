using CsAligner.Tensors;

namespace CsAligner.Benchmarks.Matmul;

/// <summary>All shapes on one SIMD path, against one set of OpenBLAS kernels.</summary>
internal sealed record MatmulRun(string Simd, string Peer, int Rounds, IReadOnlyList<MatmulResult> Results);
