using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsAligner.Adapters;
using CsAligner.Objectives;
using CsAligner.Starts;
using CsAligner.Tensors;
using CsAligner.Testing;
using CsAligner.Training;

namespace CsAligner.Tests.Training;

/// <summary>What holds for every option of an alignment, new ones too.</summary>
public sealed class AlignmentOptionListTests
{
    // The defaults of that time.
    private static readonly AlignmentOptions s_former = new()
    {
        Objective = AlignmentObjective.CsInfoNce,
        Start = AlignmentStart.MeanShift,
        Adapter = new(),
        Bandwidth = BandwidthRule.Within(0.4),
        Temperature = 0.05,
        Epochs = 40,
        UnpairedRatio = 2,
        LearningRate = 2e-4,
        Interpolation = 1,
    };

    // The first three are from run.json of csalign before options were declared in a list: such files must still be read.
    public static TheoryData<string, AlignmentOptions> Written => new()
    {
        {
            """{"objective":"cs+infonce","train":"both","adapter":"low-rank","adapter_size":null,"mean_shift_start":true,"bandwidth":"within*0.4","lambda":0.35,"temperature":0.05,"learn_temperature":false,"epochs":40,"batch_size":2048,"unpaired_ratio":2,"lr":0.0002,"weight_decay":0.1,"warmup":0.1,"final_lr_share":0,"max_grad_norm":1,"interpolation":1,"val_fraction":0.1,"seed":0}""",
            s_former
        },
        {
            """{"objective":"cs+infonce","train":"text","adapter":"stack","adapter_size":4,"adapter_layers":2,"mean_shift_start":true,"bandwidth":"within*0.4","estimator":"nystrom","features":64,"lambda":0.35,"temperature":0.05,"learn_temperature":false,"epochs":3,"batch_size":64,"unpaired_ratio":2,"chunk_size":32,"lr":0.001,"weight_decay":0.1,"warmup":0.1,"final_lr_share":0,"max_grad_norm":1,"interpolation":1,"val_fraction":0.1,"seed":7}""",
            s_former with
            {
                Train = TrainedSide.Text, Adapter = new() { Kind = "stack", Size = 4, Layers = 2 },
                Estimator = new() { Features = 64 }, Epochs = 3, BatchSize = 64, ChunkSize = 32, LearningRate = 1e-3, Seed = 7,
                UnpairedRatio = 2,
            }
        },
        {
            """{"objective":"cs+infonce","train":"both","adapter":"low-rank","adapter_size":null,"mean_shift_start":true,"bandwidth":"0.7","bandwidth_factors":[0.5,1,2],"lambda":1,"temperature":0.05,"learn_temperature":false,"epochs":2,"batch_size":2048,"unpaired_ratio":2,"all_captions":true,"lr":0.0002,"weight_decay":0.1,"warmup":0.1,"final_lr_share":0,"max_grad_norm":1,"interpolation":1,"val_fraction":0.1,"seed":0}""",
            s_former with
            {
                Bandwidth = BandwidthRule.Fixed(0.7), BandwidthFactors = [0.5, 1, 2], Lambda = 1, Epochs = 2, AllCaptions = true,
                UnpairedRatio = 2,
            }
        },
        {
            """{"objective":"infonce","train":"both","adapter":"low-rank","adapter_size":null,"mean_shift_start":false,"bandwidth":"median","token_weight":0.5,"lambda":0.35,"temperature":0.1,"learn_temperature":true,"epochs":40,"batch_size":2048,"unpaired_ratio":1,"lr":0.0002,"weight_decay":0,"warmup":0,"final_lr_share":1,"max_grad_norm":null,"interpolation":0.5,"val_fraction":0.4,"seed":18446744073709551615}""",
            s_former with
            {
                Objective = AlignmentObjective.InfoNce, Start = AlignmentStart.Identity, Bandwidth = BandwidthRule.Median,
                TokenWeight = 0.5, Temperature = 0.1, LearnTemperature = true, UnpairedRatio = 1, WeightDecay = 0, Warmup = 0,
                FinalShare = 1, MaxGradNorm = double.PositiveInfinity, Interpolation = 0.5, ValidationFraction = 0.4, Seed = ulong.MaxValue,
            }
        },
    };

    public static TheoryData<AlignmentOptions, string> Refused => new()
    {
        { new() { Adapter = new() { Kind = "lora" } }, "Adapter.Kind: expected one of low-rank, mlp, " },
        { new() { Adapter = new() { Size = 0 } }, "Adapter.Size: expected 1 to 65536, got 0" },
        { new() { Adapter = new() { Layers = 65 } }, "Adapter.Layers: expected 1 to 64, got 65" },
        { new() { Train = (TrainedSide)9 }, "Train: expected both, text or image, got 9" },
        { new() { BandwidthFactors = [1, 0] }, "BandwidthFactors: expected at most 16 numbers above 0, got 1 0" },
        { new() { BandwidthFactors = [.. Enumerable.Repeat(1.0, 17)] }, "BandwidthFactors: expected at most 16 numbers above 0, got 1 1" },
        { new() { TokenWeight = -1 }, "TokenWeight: expected 0 to 1000, got -1" },
        { new() { Lambda = double.NaN }, "Lambda: expected 0 to 1000, got NaN" },
        { new() { Temperature = 0.009 }, "Temperature: expected 0.01 to 10, got 0.009" },
        { new() { Epochs = 0 }, "Epochs: expected 1 to 1000000, got 0" },
        { new() { BatchSize = 1 }, "BatchSize: expected 2 to 1048576, got 1" },
        { new() { UnpairedRatio = 1001 }, "UnpairedRatio: expected 0.01 to 1000 or none, got 1001" },
        { new() { ChunkSize = 0 }, "ChunkSize: expected 1 or more, got 0" },
        { new() { LearningRate = 0 }, "LearningRate: expected above 0 and at most 1, got 0" },
        { new() { WeightDecay = 11 }, "WeightDecay: expected 0 to 10, got 11" },
        { new() { Warmup = 1.1 }, "Warmup: expected 0 to 1, got 1.1" },
        { new() { FinalShare = -0.1 }, "FinalShare: expected 0 to 1, got -0.1" },
        { new() { MaxGradNorm = 0 }, "MaxGradNorm: expected above 0 or none, got 0" },
        { new() { Interpolation = 0 }, "Interpolation: expected above 0 and at most 1, got 0" },
        { new() { ValidationFraction = 0.51 }, "ValidationFraction: expected 0 to 0.5, got 0.51" },
        { new() { BandwidthFactors = [2], Estimator = new() }, "BandwidthFactors: the nystrom estimator takes one bandwidth" },
        {
            new() { AllCaptions = true, LearnTemperature = true },
            "AllCaptions: the temperature is fixed there; leave LearnTemperature out"
        },
        {
            new() { AllCaptions = true, TokenWeight = 1 },
            "AllCaptions: tokens are compared pair by pair; use one caption a step with TokenWeight"
        },
        { new() { AllCaptions = true, Objective = AlignmentObjective.Parse("l2") }, "AllCaptions: the terms of l2 take pairs one by one" },
    };

    [Fact]
    public void Every_property_belongs_to_an_option()
    {
        string[] declared = [.. AlignmentOptionList.All.Select(option => option.Property)];
        Assert.Distinct(declared);
        Assert.Equal(
            Settable<AlignmentOptions>().Where(name => name is not nameof(AlignmentOptions.Adapter))
                .Concat(Settable<AdapterOptions>().Where(name => name is not nameof(AdapterOptions.Kinds))
                    .Select(name => $"{nameof(AlignmentOptions.Adapter)}.{name}"))
                .Concat(Settable<NystromEstimator>().Select(name => $"{nameof(AlignmentOptions.Estimator)}.{name}"))
                .Order(StringComparer.Ordinal),
            declared.Order(StringComparer.Ordinal));

        static IEnumerable<string> Settable<T>() =>
            typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).Select(p => p.Name);
    }

    [Fact]
    public void Names_and_help_are_of_one_form()
    {
        Assert.Distinct(AlignmentOptionList.All.Select(option => option.Key));
        Assert.All(AlignmentOptionList.All, option =>
        {
            Assert.Matches("^[a-z]+(_[a-z]+)*$", option.Key);
            Assert.Equal("--" + option.Key.Replace('_', '-'), option.Flag);
            Assert.Matches("^[A-Z].{0,97}[^.]$", option.Help);
            Assert.Equal(option.Default, option.Text(new AlignmentOptions()));
            option.Check(option.Default);
            Assert.Same(option, AlignmentOptionList.Get(option.Key));
        });
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void Files_of_now_and_of_before_are_read_back(string json, AlignmentOptions options)
    {
        Assert.Equal(Texts(options), Texts(Read(json)));
        Assert.Equal(Texts(options), Texts(Read(Json(options))));
        Assert.Equal(Json(options), Json(Read(json)));
    }

    [Fact]
    public void Keys_come_in_any_order_and_may_be_left_out()
    {
        var options = Read("""{ "features": 128.0, "seed": 5e0, "chunk_size": null, "estimator": "nystrom", "bandwidth": 0.5 }""");
        Assert.Equal((128, 5UL, null, "0.5", null),
            (options.Estimator!.Features, options.Seed, options.ChunkSize, options.Bandwidth.ToString(), options.Epochs));
        Assert.Equal(7, AlignmentOptions.ReadJson(Parse("{}"), new AlignmentOptions { Epochs = 7 }).Epochs);
    }

    [Fact]
    public void Terms_and_kinds_of_an_application_are_known_where_the_others_have_them()
    {
        var kinds = AdapterKinds.BuiltIn.With(AdapterKinds.BuiltIn["mlp"] with { Name = "own" });
        var options = new AlignmentOptions { Adapter = new() { Kind = "own", Kinds = kinds } };
        options.Validate();
        Assert.Equal("own", AlignmentOptions.ReadJson(Parse(Json(options)), options).Adapter.Kind);
        Assert.Contains("\"adapter\": expected one of", Assert.Throws<InputException>(() => Read(Json(options))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "options: an object was expected, got a list")]
    [InlineData("""{"lamda":1}""", "there is no option \"lamda\"; known are … did you mean 'lambda'?")]
    [InlineData("""{"epochs":1.5}""", "\"epochs\": expected a whole number of 1 to 1000000, got 1.5")]
    [InlineData("""{"epochs":"3"}""", "\"epochs\": expected a whole number of 1 to 1000000, got \"3\"")]
    [InlineData("""{"epochs":3000000000}""", "\"epochs\": expected a whole number of 1 to 1000000, got 3000000000")]
    [InlineData("""{"lr":null}""", "\"lr\": expected a number above 0 and at most 1, got null")]
    [InlineData("""{"lambda":1e400}""", "\"lambda\": expected a number of 0 to 1000, got 1e400")]
    [InlineData("""{"max_grad_norm":1e400}""", "\"max_grad_norm\": expected a number above 0 or none, got 1e400")]
    [InlineData("""{"seed":-1}""", "\"seed\": expected a whole number of 0 to 18446744073709551615, got -1")]
    [InlineData("""{"all_captions":1}""", "\"all_captions\": expected true or false, got 1")]
    [InlineData("""{"bandwidth_factors":1}""", "\"bandwidth_factors\": expected at most 16 numbers above 0, such as 0.5 1 2, got 1")]
    [InlineData("""{"bandwidth_factors":[1,"2"]}""", "\"bandwidth_factors\": expected at most 16 numbers above 0")]
    [InlineData("""{"objective":null}""", "\"objective\": expected raw, mean-shift, barycentre, regression, or a sum of")]
    [InlineData("""{"objective":"infonec"}""", "\"objective\": expected raw, … did you mean 'infonce'?")]
    [InlineData("""{"train":"txt"}""", "\"train\": expected both, text or image, got \"txt\"; did you mean 'text'?")]
    [InlineData("""{"train":"\ud800"}""", "\"train\": expected both, text or image")]
    [InlineData("""{"features":64}""", "\"features\" is for \"estimator\" nystrom")]
    [InlineData("""{"estimator":"nystrom","features":15}""", "\"features\": expected a whole number of 16 to 4096, got 15")]
    public void Json_that_is_no_options_is_named_by_its_key(string json, string expected)
    {
        string message = Assert.Throws<InputException>(() => Read(json)).Message;
        Assert.All(expected.Split(" … "), part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_property_out_of_its_range_is_named(AlignmentOptions options, string expected)
    {
        string message = Assert.Throws<InputException>(options.Validate).Message;
        Assert.StartsWith(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain("--", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_of_options_has_all_of_them()
    {
        var table = new StringBuilder("| option | default | range | what it does |\n|---|---|---|---|\n");
        foreach (var option in AlignmentOptionList.All)
        {
            string range = option.IsSwitch ? "–" : option.Range.Length > 0 ? option.Range : option.Expected;
            if (option.IsChoosable) range += " or " + AlignmentOption.Automatic;
            string initial = option.IsSwitch ? "off" : option.Default.Length > 0 ? option.Default : "–";
            table.Append($"| `{option.Flag}` | {initial} | {range} | {option.Help} |\n"
                .Replace("*", "\\*", StringComparison.Ordinal));
        }

        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "options.md"));
        Assert.True(page.Contains($"\n\n{table}\n", StringComparison.Ordinal), $"docs/options.md must have this table:\n{table}");
    }

    private static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;

    private static AlignmentOptions Read(string json) => AlignmentOptions.ReadJson(Parse(json));

    private static string Json(AlignmentOptions options)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            options.WriteJson(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string[] Texts(AlignmentOptions options) =>
        [.. AlignmentOptionList.All.Select(option => $"{option.Key} {option.Text(options)}")];
}
