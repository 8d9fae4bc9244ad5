using CsAligner.Search.VectorSets;

namespace CsAligner.Search.Tests.VectorSets;

public sealed class KeySlotTests
{
    // Slots as Redis's own CLUSTER KEYSLOT gives them; 12739 is the check value of CRC-16/XMODEM, 0x31C3.
    [Theory]
    [InlineData("123456789", 12739)]
    [InlineData("foo", 12182)]
    [InlineData("somekey", 11058)]
    [InlineData("", 0)]
    public void Slots_are_those_of_the_servers(string key, int slot) => Assert.Equal(slot, KeySlot.Of(key));

    [Fact]
    public void Shards_lie_evenly_apart_and_do_not_move_when_there_are_more()
    {
        foreach (int shards in (int[])[2, 4, 16, 64])
        {
            int[] slots = [.. Enumerable.Range(0, shards).Select(shard => KeySlot.Of(KeySlot.Tag("p", shard).Trim('{', '}'))).Order()];
            for (int i = 0; i < shards; i++) Assert.InRange(slots[i], i * 16_384 / shards, (i * 16_384 / shards) + 63);
        }
    }

    [Fact]
    public void Items_spread_over_all_shards()
    {
        int[] counts = new int[16];
        for (int i = 0; i < 16_000; i++) counts[KeySlot.ShardOf($"pictures/{i}.png", 16)]++;
        Assert.All(counts, count => Assert.InRange(count, 850, 1150));
    }
}
