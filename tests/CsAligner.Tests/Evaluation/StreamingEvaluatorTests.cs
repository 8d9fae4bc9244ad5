using System.Text.Json;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Tests.Evaluation;

[Collection("process settings")]
public sealed class StreamingEvaluatorTests
{
    private const int Width = 24;

    // Blocks of 64 rows: a few hundred rows are several blocks.
    private static readonly StreamingOptions SmallBlocks = new() { BlockFloats = 64 * Width };

    [Theory]
    [InlineData(1, 1, "0.5")]
    [InlineData(1, 70, "0.5")]
    [InlineData(64, 64, "0.5")]
    [InlineData(65, 129, "1.3")]
    [InlineData(300, 300, "median")]
    [InlineData(300, 200, "within*0.35")]
    [InlineData(150, 130, "0.01")]
    [InlineData(20, 513, "0.1")]
    public void Every_measure_is_that_of_one_piece(int rows, int columns, string rule)
    {
        Tensor x = Rows(rows, 1, 0.4f), y = Rows(columns, 2, -0.1f);
        var bandwidth = BandwidthRule.Parse(rule);
        AssertNear(Evaluator.Measure(x, y, bandwidth), Stream(x, y, bandwidth));
        if (rows > 1) AssertNear(Evaluator.Measure(x, x, bandwidth), Stream(x, x, bandwidth));
    }

    [Fact]
    public void Memory_and_threads_change_no_bit()
    {
        Tensor x = Rows(500, 3, 0.4f), y = Rows(420, 4, -0.1f);
        string expected = Json(Stream(x, y, BandwidthRule.Fixed(0.5)));
        int threads = Compute.Threads;
        try
        {
            foreach (int strip in (int[])[0, 1, 2, 5])
            {
                Compute.Threads = 1 + (strip % 2);
                var options =
                    SmallBlocks with
                    {
                        MemoryBytes = StreamingEvaluator.LeastMemory(Width, SmallBlocks)
                        + (strip * StreamingEvaluator.BlockBytes(Width, SmallBlocks))
                    };
                Assert.Equal(expected, Json(Stream(x, y, BandwidthRule.Fixed(0.5), options)));
            }
        }
        finally
        {
            Compute.Threads = threads;
        }
    }

    [Fact]
    public void A_run_that_is_stopped_again_and_again_ends_with_the_same_bits()
    {
        using var folder = new TemporaryFolder();
        Tensor x = Rows(330, 5, 0.4f), y = Rows(450, 6, -0.1f);
        string expected = Json(Stream(x, y, BandwidthRule.Fixed(0.5))), state = folder["state.json"];
        var starts = new List<long>();
        DistributionMeasures? measures = null;
        for (int run = 0; measures == null; run++)
        {
            using var source = new CancellationTokenSource();
            long first = -1;
            var options = SmallBlocks with
            {
                StatePath = state,
                MemoryBytes = StreamingEvaluator.LeastMemory(Width, SmallBlocks)
                    + (run % 4 * StreamingEvaluator.BlockBytes(Width, SmallBlocks)),
                Progress = (done, _) =>
                {
                    if (first < 0) first = done;
                    if (done >= first + 13) source.Cancel();
                },
            };
            try
            {
                measures = Stream(x, y, BandwidthRule.Fixed(0.5), options, source);
            }
            catch (OperationCanceledException)
            {
                Assert.True(File.Exists(state));
            }

            starts.Add(first);
        }

        Assert.Equal(expected, Json(measures));
        Assert.Equal(0, starts[0]);
        Assert.True(starts.Count > 5 && starts.Zip(starts.Skip(1)).All(pair => pair.Second > pair.First), string.Join(' ', starts));
        Assert.False(File.Exists(state));
    }

    [Fact]
    public void A_state_of_something_else_is_refused()
    {
        using var folder = new TemporaryFolder();
        Tensor x = Rows(200, 7, 0.4f), y = Rows(200, 8, -0.1f);
        string state = folder["state.json"];
        using var source = new CancellationTokenSource();
        var options = SmallBlocks with
        {
            StatePath = state,
            Progress = (done, _) =>
            {
                if (done == 3) source.Cancel();
            },
        };
        Assert.Throws<OperationCanceledException>(() => Stream(x, y, BandwidthRule.Fixed(0.5), options, source));
        var again = SmallBlocks with { StatePath = state };
        Assert.Contains("another bandwidth", Assert.Throws<InputException>(() => Stream(x, y, BandwidthRule.Fixed(0.6), again)).Message,
            StringComparison.Ordinal);
        x.Span[5] += 0.25f;
        Assert.Contains(state, Assert.Throws<InputException>(() => Stream(x, y, BandwidthRule.Fixed(0.5), again)).Message,
            StringComparison.Ordinal);
        foreach (string broken in (string[])["", "[]", "{\"measurement\":1}", "{\"measurement\":\"1\",\"terms\":[[1]]}"])
        {
            File.WriteAllText(state, broken);
            Assert.Contains("remove it", Assert.Throws<InputException>(() => Stream(x, y, BandwidthRule.Fixed(0.5), again)).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Too_little_memory_is_said_with_what_is_needed()
    {
        var options = SmallBlocks with { MemoryBytes = 1 << 20 };
        Assert.Contains("raise it",
            Assert.Throws<InputException>(() => Stream(Rows(9, 9, 0), Rows(9, 10, 0), BandwidthRule.Fixed(1), options)).Message,
            StringComparison.Ordinal);
    }

    private static DistributionMeasures Stream(Tensor x, Tensor y, BandwidthRule bandwidth, StreamingOptions? options = null,
        CancellationTokenSource? stop = null) =>
        StreamingEvaluator.Measure(new TensorRows(x), new TensorRows(y), bandwidth, 0, options ?? SmallBlocks,
            stop?.Token ?? TestContext.Current.CancellationToken);

    private static void AssertNear(DistributionMeasures expected, DistributionMeasures actual)
    {
        using JsonDocument want = JsonDocument.Parse(Json(expected)), got = JsonDocument.Parse(Json(actual));
        Assert.Equal(want.RootElement.EnumerateObject().Select(p => p.Name), got.RootElement.EnumerateObject().Select(p => p.Name));
        foreach (var property in want.RootElement.EnumerateObject())
        {
            JsonElement value = got.RootElement.GetProperty(property.Name);
            Assert.Equal(property.Value.ValueKind, value.ValueKind);
            if (value.ValueKind != JsonValueKind.Null)
                Assert.Equal(property.Value.GetDouble(), value.GetDouble(), 2e-6 * Math.Max(1, Math.Abs(property.Value.GetDouble())));
        }
    }

    private static string Json(DistributionMeasures measures)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) measures.WriteJson(writer);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static Tensor Rows(int rows, ulong seed, float shift) => Clouds.Flat(rows, Width, seed, shift);
}
