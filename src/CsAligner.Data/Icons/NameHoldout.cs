using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CsAligner.Data.Icons;

/// <summary>
/// Decides which names are kept out of training. A name is held out by a hash of its key alone, so that every set
/// and every run agrees without a list.
/// </summary>
/// <param name="seed">Hashed before the key: another seed holds out other names.</param>
/// <param name="fraction">The share of keys to hold out, 0 to 1.</param>
public sealed class NameHoldout(string seed, double fraction)
{
    private static readonly HashSet<string> ToneWords = new(StringComparer.Ordinal) { "light", "medium", "dark", "skin", "tone" };

    private readonly ulong _limit = fraction >= 1 ? ulong.MaxValue : (ulong)(fraction * ulong.MaxValue);

    /// <summary>
    /// What two captions share when one gives the other away: their words in ordinal order, without numbers and
    /// without tones of skin. "arrow left 2" and "left arrow" have one key.
    /// </summary>
    public static string Key(string caption)
    {
        ArgumentNullException.ThrowIfNull(caption);
        string[] words = caption.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> kept = words;
        if (caption.Contains(" skin tone", StringComparison.Ordinal))
            kept = kept.Where(w => !ToneWords.Contains(w));
        kept = kept.Where(w => !int.TryParse(w, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        string[] sorted = [.. kept.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return sorted.Length == 0 ? string.Join(' ', words) : string.Join(' ', sorted);
    }

    /// <summary>True when the name of this caption is kept out of training.</summary>
    public bool IsHeldOut(string caption)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(seed + "\n" + Key(caption)), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash) < _limit;
    }

    /// <summary>True when any name of the icon is kept out of training, which keeps the icon out.</summary>
    public bool IsHeldOut(Icon icon)
    {
        ArgumentNullException.ThrowIfNull(icon);
        return IsHeldOut(icon.Caption) || icon.Alternatives.Any(IsHeldOut);
    }
}
