using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>What one SIMD path brings to linear layers with packed weights: a tile, its size, and what follows the product.</summary>
internal sealed unsafe class LinearKernel
{
    /// <summary>Elements of the largest tile of all paths.</summary>
    public const int MaxTile = 10 * 32;

    private static readonly LinearKernel Avx512 = new(
        10, Lanes512.Count, &LinearTile<Vector512<float>, Lanes512>.Rows10, &LinearEpilogue<Vector512<float>, Lanes512>.Apply);

    private static readonly LinearKernel Avx2 = new(
        6, Lanes256.Count, &LinearTile<Vector256<float>, Lanes256>.Rows6, &LinearEpilogue<Vector256<float>, Lanes256>.Apply);

    private static readonly LinearKernel Portable = new(
        6, Lanes128.Count, &LinearTile<Vector128<float>, Lanes128>.Rows6, &LinearEpilogue<Vector128<float>, Lanes128>.Apply);

    private LinearKernel(
        int rows,
        int lanes,
        delegate*<int, float*, nint, float*, float*, nint, bool, byte*, nint, void> tile,
        delegate*<LinearEpilogueKind, float*, nint, int, int, float*, float*, void> finish)
    {
        Rows = rows;
        Columns = 2 * lanes;
        Tile = tile;
        Finish = finish;
    }

    /// <summary>Rows of a tile.</summary>
    public int Rows { get; }

    /// <summary>Columns of a tile.</summary>
    public int Columns { get; }

    /// <summary>See <see cref="LinearTile{TVector, TLanes}"/>.</summary>
    public delegate*<int, float*, nint, float*, float*, nint, bool, byte*, nint, void> Tile { get; }

    /// <summary>See <see cref="LinearEpilogue{TVector, TLanes}"/>.</summary>
    public delegate*<LinearEpilogueKind, float*, nint, int, int, float*, float*, void> Finish { get; }

    public static LinearKernel For(SimdPath path) => path switch
    {
        SimdPath.Avx512 => Avx512,
        SimdPath.Avx2 => Avx2,
        _ => Portable,
    };
}
