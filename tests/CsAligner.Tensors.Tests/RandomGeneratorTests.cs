using CsAligner.Tensors;

namespace CsAligner.Tensors.Tests;

public class RandomGeneratorTests
{
    [Fact]
    public void The_bits_are_xoshiro256_starstar()
    {
        // The reference vector of the algorithm's Rust crate (rand_xoshiro), state 1 2 3 4.
        RandomGenerator random = RandomGenerator.FromState([1, 2, 3, 4]);
        ulong[] expected =
        [
            11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600,
            16172922978634559625, 8476171486693032832, 10595114339597558777, 2904607092377533576,
        ];
        foreach (ulong word in expected)
            Assert.Equal(word, random.NextUInt64());
    }

    [Fact]
    public void The_seed_goes_through_splitmix64() => Assert.Equal(
        [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC],
        new RandomGenerator(0).SaveState());

    [Fact]
    public void A_restored_generator_goes_on_with_the_same_values()
    {
        var random = new RandomGenerator(7);
        random.NextNormal();
        RandomGenerator restored = RandomGenerator.FromState(random.SaveState());
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(random.NextNormal(), restored.NextNormal());
            Assert.Equal(random.Next(i + 1), restored.Next(i + 1));
            Assert.Equal(random.NextSingle(), restored.NextSingle());
        }
    }

    [Fact]
    public void Uniform_values_stay_in_range_and_have_the_right_moments()
    {
        var random = new RandomGenerator(11);
        const int Count = 200_000;
        double sum = 0, squares = 0;
        for (int i = 0; i < Count; i++)
        {
            double value = i % 2 == 0 ? random.NextDouble() : random.NextSingle();
            Assert.InRange(value, 0, 1 - 1e-9);
            sum += value;
            squares += value * value;
        }

        // Five standard errors of the mean of a uniform variable: 5 * sqrt(1/12 / n).
        Assert.Equal(0.5, sum / Count, 5 * Math.Sqrt(1.0 / 12 / Count));
        Assert.Equal(1.0 / 3, squares / Count, 5 * Math.Sqrt(4.0 / 45 / Count));
    }

    [Fact]
    public void Normal_values_have_the_moments_and_tails_of_a_normal()
    {
        var random = new RandomGenerator(12);
        const int Count = 200_000;
        double sum = 0, squares = 0, fourth = 0;
        int beyondTwo = 0;
        for (int i = 0; i < Count; i++)
        {
            double value = random.NextNormal();
            sum += value;
            squares += value * value;
            fourth += value * value * value * value;
            beyondTwo += Math.Abs(value) > 2 ? 1 : 0;
        }

        Assert.Equal(0, sum / Count, 5 / Math.Sqrt(Count));
        Assert.Equal(1, squares / Count, 5 * Math.Sqrt(2.0 / Count));
        Assert.Equal(3, fourth / Count, 5 * Math.Sqrt(96.0 / Count));
        Assert.Equal(0.0455003, (double)beyondTwo / Count, 5 * Math.Sqrt(0.0455 / Count));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    [InlineData(int.MaxValue)]
    public void Next_is_uniform_over_its_range(int max)
    {
        var random = new RandomGenerator(13);
        const int Count = 60_000;
        double sum = 0;
        for (int i = 0; i < Count; i++)
        {
            int value = random.Next(max);
            Assert.InRange(value, 0, max - 1);
            sum += value;
        }

        double expected = (max - 1) / 2.0;
        Assert.Equal(expected, sum / Count, (5 * max / Math.Sqrt(12.0 * Count)) + 1e-12);
    }

    [Fact]
    public void Next_refuses_an_empty_range() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomGenerator(1).Next(0));

    [Fact]
    public void A_shuffle_keeps_every_value_and_each_order_is_as_likely()
    {
        var random = new RandomGenerator(14);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < 24_000; i++)
        {
            char[] values = ['a', 'b', 'c', 'd'];
            random.Shuffle(values.AsSpan());
            string order = new(values);
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        Assert.Equal(24, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 1000 - 160, 1000 + 160));
    }

    [Fact]
    public void A_split_depends_on_state_and_stream_and_leaves_the_parent_alone()
    {
        var random = new RandomGenerator(15);
        ulong[] before = random.SaveState();
        ulong[] first = random.Split(0).SaveState();
        Assert.Equal(before, random.SaveState());
        Assert.Equal(first, random.Split(0).SaveState());
        Assert.NotEqual(first, random.Split(1).SaveState());
        random.NextUInt64();
        Assert.NotEqual(first, random.Split(0).SaveState());
    }

    [Fact]
    public void A_bad_state_is_refused()
    {
        Assert.Throws<ArgumentException>(() => RandomGenerator.FromState([1, 2, 3]));
        Assert.Throws<ArgumentException>(() => RandomGenerator.FromState([0, 0, 0, 0]));
    }
}
