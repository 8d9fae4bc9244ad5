using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace CsAligner.Tensors.Kernels;

/// <summary>
/// Asks for memory ahead of its use. Rows of a matrix lie too far apart for the hardware to see them coming: without
/// this a product larger than the caches waits a tenth of its time. Never faults, whatever the address.
/// </summary>
internal static unsafe class GemmPrefetch
{
    private const int Line = 16;

    /// <summary>The cache lines of <paramref name="rows"/> rows of <paramref name="width"/> elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile(int rows, int width, float* first, nint row)
    {
        if (!Sse.IsSupported) return;
        for (int i = 0; i < rows; i++, first += row)
        {
            for (int j = 0; j < width; j += Line) Sse.Prefetch0(first + j);
        }
    }
}
