using System.Globalization;
using System.Text;

namespace CsAligner.Search.VectorSets;

/// <summary>
/// Names of keys that lie evenly apart over the 16,384 slots of a cluster: in bit-reversed order, so that the first shards do not depend on
/// how many there are.
/// </summary>
internal static class KeySlot
{
    private const int Slots = 16_384, Bits = 14, Near = 64;

    /// <summary>A hash tag, braces included, for the keys of a shard.</summary>
    public static string Tag(string prefix, int shard)
    {
        int target = 0;
        for (int bit = 0; bit < Bits; bit++) target |= ((shard >> bit) & 1) << (Bits - 1 - bit);
        for (int n = 0; ; n++)
        {
            string tag = string.Create(CultureInfo.InvariantCulture, $"{prefix}:{shard}:{n}");
            int slot = Of(tag);
            if (slot >= target && slot < target + Near) return $"{{{tag}}}";
        }
    }

    /// <summary>The slot of a key without a hash tag, or of a tag: CRC-16 (XMODEM) modulo 16,384.</summary>
    public static int Of(string key)
    {
        int sum = 0;
        foreach (byte value in Encoding.UTF8.GetBytes(key))
        {
            sum ^= value << 8;
            for (int bit = 0; bit < 8; bit++) sum = ((sum & 0x8000) != 0 ? (sum << 1) ^ 0x1021 : sum << 1) & 0xFFFF;
        }

        return sum % Slots;
    }

    /// <summary>Which shard an item belongs to: FNV-1a of its id.</summary>
    public static int ShardOf(string id, int shards)
    {
        ulong hash = 14_695_981_039_346_656_037;
        foreach (byte value in Encoding.UTF8.GetBytes(id)) hash = (hash ^ value) * 1_099_511_628_211;

        // The low bits of FNV are its weakest.
        return (int)((hash ^ (hash >> 32)) % (ulong)shards);
    }
}
