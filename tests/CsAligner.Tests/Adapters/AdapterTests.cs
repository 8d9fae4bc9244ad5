using CsAligner.Adapters;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;

namespace CsAligner.Tests.Adapters;

public sealed class AdapterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("csaligner-adapters").FullName;

    public static TheoryData<string> Kinds => [.. AdapterKinds.BuiltIn.Names];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Of the stack, what it gives at first is the layer norm of the shifted row.
    public static TheoryData<string> KindsThatShift => [.. AdapterKinds.BuiltIn.Names.Where(kind => kind != "stack")];

    public static TheoryData<string> KindsThatTrain => [.. AdapterKinds.BuiltIn.Names.Where(kind => kind != "mean-shift")];

    [Theory]
    [MemberData(nameof(KindsThatShift))]
    public void An_adapter_starts_as_its_shift(string kind)
    {
        var shift = Tensor.Normal(new RandomGenerator(1), 0.1f, 12);
        var adapter = AdapterKinds.BuiltIn.Create(new AdapterOptions { Kind = kind, Size = 5 }, shift, 12, new RandomGenerator(2));
        var x = UnitRows(9);
        using var tape = Tape.Inference();
        float[] expected = tape.Add(x, shift).Span.ToArray(), given = adapter.Forward(tape, x).Span.ToArray();
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], given[i], 1e-6f);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Files_bring_back_the_same_bits_and_say_what_they_are(string kind)
    {
        var adapter = Trained(kind);
        string path = Path.Combine(_folder, "a.safetensors");
        adapter.Save(path);
        var loaded = Adapter.Load(path);
        Assert.Equal(kind, loaded.Kind);
        Assert.Equal(adapter.ParameterCount, loaded.ParameterCount);
        Assert.Equal(adapter.Apply(UnitRows(7)).Span.ToArray(), loaded.Apply(UnitRows(7)).Span.ToArray());
        using var file = SafeTensorsFile.Open(path);
        Assert.Equal(kind, file.Metadata["kind"]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Blocks_do_not_change_what_apply_gives_and_rows_come_out_normalised(string kind)
    {
        var adapter = Trained(kind);
        var x = UnitRows(23);
        var whole = adapter.Apply(x);
        float[] blocked = adapter.Apply(x, blockRows: 5).Span.ToArray();
        for (int i = 0; i < blocked.Length; i++) Assert.Equal(whole.Span[i], blocked[i], 1e-6f);
        for (int r = 0; r < 23; r++)
        {
            double norm = 0;
            foreach (float value in whole.Span.Slice(r * 12, 12)) norm += value * value;
            Assert.Equal(1, norm, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(KindsThatTrain))]
    public void Gradients_are_central_differences(string kind)
    {
        var adapter = Trained(kind);
        adapter.RequireGrad(true);
        Tensor x = UnitRows(6), weights = Tensor.Normal(new RandomGenerator(8), 1, 6, 12);
        float Loss(bool backward)
        {
            using var tape = backward ? new Tape() : Tape.Inference();
            var loss = tape.Sum(tape.Mul(adapter.Encode(tape, x, [0, 3, 4, 6]), weights));
            float value = loss.Item;
            if (backward) tape.Backward(loss);
            return value;
        }

        Loss(backward: true);
        foreach (var (name, values) in adapter.Parameters)
        {
            for (int i = 0; i < values.Length; i += 7)
            {
                const float Step = 1e-2f;
                float kept = values.Span[i];
                values.Span[i] = kept + Step;
                float above = Loss(backward: false);
                values.Span[i] = kept - Step;
                float below = Loss(backward: false);
                values.Span[i] = kept;
                Assert.True(Math.Abs(((above - below) / (2 * Step)) - values.Grad[i]) < 2e-3f,
                    $"{name}[{i}]: {(above - below) / (2 * Step)} and {values.Grad[i]}");
            }
        }
    }

    [Fact]
    public void What_is_no_adapter_is_refused_in_one_line()
    {
        string path = Path.Combine(_folder, "b.safetensors");
        var writer = new SafeTensorsWriter();
        writer.Add("shift", new Tensor(3));
        writer.Write(path);
        Assert.Contains("is not an adapter", Assert.Throws<InputException>(() => Adapter.Load(path)).Message, StringComparison.Ordinal);

        writer.SetMetadata("format", "csaligner-adapter");
        writer.SetMetadata("format_version", "1");
        writer.SetMetadata("kind", "low-rank");
        writer.Write(path);
        Assert.Contains("tensor \"down.weight\" is missing", Assert.Throws<InputException>(() => Adapter.Load(path)).Message,
            StringComparison.Ordinal);

        writer.Add("down.weight", new Tensor(2, 3));
        writer.Add("up.weight", new Tensor(4, 2));
        writer.Write(path);
        Assert.Contains("do not match", Assert.Throws<InputException>(() => Adapter.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_that_is_not_finite_is_named()
    {
        string path = Path.Combine(_folder, "n.safetensors");
        Trained("low-rank").Save(path);
        Models.Lora.PeftLoraTests.Rewrite(path, "up.weight", float.PositiveInfinity);
        Assert.Contains("tensor 'up.weight' holds Infinity (value 5)", Assert.Throws<InputException>(() => Adapter.Load(path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_another_width_are_refused() =>
        Assert.Contains("width 12", Assert.Throws<InputException>(() => Trained("low-rank").Apply(new Tensor(2, 5))).Message,
            StringComparison.Ordinal);

    private static Adapter Trained(string kind)
    {
        var random = new RandomGenerator(3);
        var adapter =
            AdapterKinds.BuiltIn.Create(new AdapterOptions { Kind = kind, Size = 5 }, Tensor.Normal(random, 0.1f, 12), 12, random);
        foreach (var (_, values) in adapter.Tensors)
            foreach (ref float value in values.Span) value += 0.2f * (float)random.NextNormal();
        return adapter;
    }

    private static Tensor UnitRows(int rows)
    {
        using var tape = Tape.Inference();
        return tape.Normalize(Tensor.Normal(new RandomGenerator(4), 1, rows, 12)).Clone();
    }
}
