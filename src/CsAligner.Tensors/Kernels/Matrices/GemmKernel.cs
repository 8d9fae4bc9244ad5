using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>
/// What one SIMD path brings to the matrix product: the size of its register tile, the tiles themselves, and how the
/// operands are cut so that they stay in the caches that such processors have.
/// </summary>
internal sealed unsafe class GemmKernel
{
    /// <summary>Elements of the largest tile of all paths.</summary>
    public const int MaxTile = 8 * 48;

    /// <summary>
    /// The longest run of k done at once: a panel of A this long takes a third of the first-level cache. One value for
    /// all paths, so that those with fused multiply-add give the same bits.
    /// </summary>
    public const int DepthBlock = 512;

    private static readonly GemmKernel Avx512 = new(
        rows: 8,
        lanes: Lanes512.Count,
        hasFastTranspose: true,
        &GemmTile<Vector512<float>, Lanes512>.Rows8Vectors1,
        &GemmTile<Vector512<float>, Lanes512>.Rows8Vectors2,
        &GemmTile<Vector512<float>, Lanes512>.Rows8Vectors3);

    private static readonly GemmKernel Avx2 = new(
        rows: 6,
        lanes: Lanes256.Count,
        hasFastTranspose: true,
        &GemmTile<Vector256<float>, Lanes256>.Rows6Vectors1,
        &GemmTile<Vector256<float>, Lanes256>.Rows6Vectors2,
        null);

    private static readonly GemmKernel Portable = new(
        rows: 6,
        lanes: Lanes128.Count,
        hasFastTranspose: false,
        &GemmTile<Vector128<float>, Lanes128>.Rows6Vectors1,
        &GemmTile<Vector128<float>, Lanes128>.Rows6Vectors2,
        null);

    private readonly delegate*<int, float*, nint, nint, float*, nint, float*, nint, bool, void> _tile1, _tile2, _tile3;

    private GemmKernel(
        int rows,
        int lanes,
        bool hasFastTranspose,
        delegate*<int, float*, nint, nint, float*, nint, float*, nint, bool, void> tile1,
        delegate*<int, float*, nint, nint, float*, nint, float*, nint, bool, void> tile2,
        delegate*<int, float*, nint, nint, float*, nint, float*, nint, bool, void> tile3)
    {
        Rows = rows;
        Lanes = lanes;
        Columns = lanes * (tile3 == null ? 2 : 3);
        HasFastTranspose = hasFastTranspose;
        _tile1 = tile1;
        _tile2 = tile2;
        _tile3 = tile3;
    }

    /// <summary>Size of the block of B that a thread goes over again and again: half of the second-level cache.</summary>
    public static int ColumnBlockBytes { get; } = Math.Clamp(SecondLevelCacheBytes() / 2, 128 << 10, 1 << 20);

    /// <summary>Rows of a tile.</summary>
    public int Rows { get; }

    /// <summary>Floats in a vector.</summary>
    public int Lanes { get; }

    /// <summary>Columns of a full tile.</summary>
    public int Columns { get; }

    /// <summary>Whether packing may use 256-bit shuffles.</summary>
    public bool HasFastTranspose { get; }

    public static GemmKernel For(SimdPath path) => path switch
    {
        SimdPath.Avx512 => Avx512,
        SimdPath.Avx2 => Avx2,
        _ => Portable,
    };

    /// <summary>Runs the tile that is <paramref name="vectors"/> wide; see <see cref="GemmTile{TVector, TLanes}"/>.</summary>
    public void Tile(
        int vectors, int k, float* a, nint aRow, nint aCol, float* b, nint bRow, float* c, nint cRow, bool accumulate)
    {
        var tile = vectors == 3 ? _tile3 : vectors == 2 ? _tile2 : _tile1;
        tile(k, a, aRow, aCol, b, bRow, c, cRow, accumulate);
    }

    private static int SecondLevelCacheBytes()
    {
        const int Unknown = 512 << 10, CacheLeaf = unchecked((int)0x8000_0006);
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(unchecked((int)0x8000_0000), 0).Eax < unchecked((uint)CacheLeaf)) return Unknown;
        // Bits 16 to 31: kilobytes, on AMD and Intel alike.
        int kilobytes = X86Base.CpuId(CacheLeaf, 0).Ecx >>> 16;
        return kilobytes == 0 ? Unknown : kilobytes << 10;
    }
}
