using System.Runtime.InteropServices;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks.Interop;

/// <summary>The single-precision matrix product of OpenBLAS.</summary>
internal static unsafe partial class OpenBlas
{
    private const string Library = "libopenblas.so.0";

    private const int RowMajor = 101, NoTranspose = 111, Transpose = 112;

    /// <summary>Version, build options, and the processor that its kernels were chosen for.</summary>
    /// <exception cref="InputException">The library is not installed.</exception>
    public static string Describe()
    {
        if (!NativeLibrary.TryLoad(Library, out _))
        {
            throw new InputException(
                $"matmul: {Library} was not found; install the Debian package libopenblas0-pthread (benchmarks/setup-peers.sh does).");
        }
        return $"{Marshal.PtrToStringUTF8(GetConfig())}, kernels for {Marshal.PtrToStringUTF8(GetCoreName())}";
    }

    [LibraryImport(Library, EntryPoint = "openblas_set_num_threads")]
    public static partial void SetThreads(int threads);

    /// <summary>C [m, n] = A [m, k] · B [k, n], each row-major or, transposed, column-major.</summary>
    public static void Multiply(int m, int n, int k, float* a, bool transposeA, float* b, bool transposeB, float* c) =>
        MultiplySingle(
            RowMajor, transposeA ? Transpose : NoTranspose, transposeB ? Transpose : NoTranspose, m, n, k,
            1, a, transposeA ? m : k, b, transposeB ? k : n, 0, c, n);

    [LibraryImport(Library, EntryPoint = "openblas_get_config")]
    private static partial nint GetConfig();

    [LibraryImport(Library, EntryPoint = "openblas_get_corename")]
    private static partial nint GetCoreName();

    [LibraryImport(Library, EntryPoint = "cblas_sgemm")]
    private static partial void MultiplySingle(
        int order, int transposeA, int transposeB, int m, int n, int k,
        float alpha, float* a, int aStride, float* b, int bStride, float beta, float* c, int cStride);
}
