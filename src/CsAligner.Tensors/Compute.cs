using System.Globalization;

namespace CsAligner.Tensors;

/// <summary>Settings of the compute kernels, for the whole process.</summary>
public static class Compute
{
    /// <summary>The largest number of compute threads that can be asked for.</summary>
    public const int MaxThreads = 256;

    private const string ThreadsVariable = "CSALIGN_THREADS";

    private static int _threads;

    /// <summary>
    /// Threads that kernels may use, the calling one included: 1 to <see cref="MaxThreads"/>. Default: the environment
    /// variable CSALIGN_THREADS, else the number of processors. Results are the same bits for every value.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value set is not within 1 to <see cref="MaxThreads"/>.</exception>
    /// <exception cref="InputException">CSALIGN_THREADS holds something else than such a number.</exception>
    public static int Threads
    {
        get => _threads != 0 ? _threads : _threads = ReadThreads(Environment.GetEnvironmentVariable(ThreadsVariable));
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxThreads);
            _threads = value;
        }
    }

    /// <summary>
    /// The SIMD path in use: "avx512", "avx2" or "portable". The environment variable CSALIGN_SIMD forces one;
    /// otherwise the best that the processor has.
    /// </summary>
    /// <exception cref="InputException">CSALIGN_SIMD names no path, or one that this processor lacks.</exception>
    public static string Simd => Tensors.Simd.NameOf(Tensors.Simd.Path);

    internal static int ReadThreads(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return Math.Clamp(Environment.ProcessorCount, 1, MaxThreads);
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int threads)
            && threads is >= 1 and <= MaxThreads)
            return threads;
        throw new InputException(
            $"{ThreadsVariable}: expected a whole number from 1 to {MaxThreads}, got '{text}'; correct or unset it.");
    }
}
