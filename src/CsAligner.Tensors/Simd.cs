using System.Runtime.Intrinsics.X86;

namespace CsAligner.Tensors;

/// <summary>Chooses the SIMD path: the best one available, or the one that CSALIGN_SIMD names.</summary>
internal static class Simd
{
    private const string Variable = "CSALIGN_SIMD";

    private static SimdPath? _path;

    /// <summary>The path that kernels take. Tests set it to force one.</summary>
    public static SimdPath Path
    {
        get => _path ?? (_path = Read(Environment.GetEnvironmentVariable(Variable))).Value;
        internal set
        {
            if (!IsAvailable(value)) throw new ArgumentException($"This processor has no {NameOf(value)}.", nameof(value));
            _path = value;
        }
    }

    /// <summary>Whether the processor, and the runtime's settings, allow this path.</summary>
    public static bool IsAvailable(SimdPath path) => path switch
    {
        SimdPath.Avx512 => Avx512F.IsSupported,
        SimdPath.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        _ => true,
    };

    public static string NameOf(SimdPath path) => path switch
    {
        SimdPath.Avx512 => "avx512",
        SimdPath.Avx2 => "avx2",
        _ => "portable",
    };

    internal static SimdPath Read(string? text)
    {
        SimdPath best = IsAvailable(SimdPath.Avx512) ? SimdPath.Avx512
            : IsAvailable(SimdPath.Avx2) ? SimdPath.Avx2
            : SimdPath.Portable;
        if (string.IsNullOrWhiteSpace(text)) return best;
        SimdPath named = text switch
        {
            "avx512" => SimdPath.Avx512,
            "avx2" => SimdPath.Avx2,
            "portable" => SimdPath.Portable,
            _ => throw new InputException(
                $"{Variable}: expected avx512, avx2 or portable, got '{text}'; correct or unset it."),
        };
        return IsAvailable(named) ? named : throw new InputException(
            $"{Variable}: this processor has no {text}, its best path is {NameOf(best)}; correct or unset it.");
    }
}
