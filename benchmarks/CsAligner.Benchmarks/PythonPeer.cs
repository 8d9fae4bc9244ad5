using System.Diagnostics;
using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks;

/// <summary>A script of the system's Python. OpenBLAS is told which kernels to use,
/// for it takes some young processors for old ones.</summary>
internal sealed class PythonPeer(string script, string package, params string[] arguments)
    : Peer(Script(Python(), script, arguments), script, $"benchmarks/setup-peers.sh installs what it needs (Debian package {package})")
{
    /// <summary>The value of OPENBLAS_CORETYPE that fits our SIMD path.</summary>
    public static string Kernels => Compute.Simd == "avx512" ? "SKYLAKEX" : "HASWELL";

    /// <summary>
    /// The value of OMP_WAIT_POLICY: PyTorch's own threads must not spin while OpenBLAS's compute, which makes two threads slower than one.
    /// </summary>
    public const string WaitPolicy = "passive";

    /// <summary>The interpreter, and the variables that its libraries read.</summary>
    public static ProcessStartInfo Python()
    {
        var start = new ProcessStartInfo("/usr/bin/python3");
        start.Environment["OPENBLAS_CORETYPE"] = Kernels;
        start.Environment["OMP_WAIT_POLICY"] = WaitPolicy;
        start.Environment.Remove("OPENBLAS_L2_SIZE");
        start.Environment["OPENBLAS_NUM_THREADS"] =
            start.Environment["OMP_NUM_THREADS"] = Compute.Threads.ToString(CultureInfo.InvariantCulture);
        return start;
    }
}
