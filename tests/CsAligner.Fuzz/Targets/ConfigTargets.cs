using System.Text;
using System.Text.Json;
using CsAligner.Data.FeatureSets;
using CsAligner.Generation.Decoders;
using CsAligner.Generation.Training;
using CsAligner.Models;
using CsAligner.Models.Lora;
using CsAligner.Studies.Runs;
using CsAligner.Studies.Sweeps;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Fuzz.Targets;

/// <summary>Settings: models', recipes', what runs say of themselves.</summary>
internal static class ConfigTargets
{
    private const string ClipText = """
        {"architectures":["CLIPModel"],"model_type":"clip","projection_dim":192,"logit_scale_init_value":2.65926,
        "text_config":{"hidden_size":192,"intermediate_size":768,"num_hidden_layers":4,"num_attention_heads":6,"hidden_act":"quick_gelu","layer_norm_eps":1E-05,"vocab_size":4096,"max_position_embeddings":16,"eos_token_id":4095},
        "vision_config":{"hidden_size":192,"intermediate_size":768,"num_hidden_layers":6,"num_attention_heads":6,"hidden_act":"gelu","layer_norm_eps":1E-05,"image_size":64,"patch_size":16,"num_channels":3}}
        """;

    private const string SweepText = """
        {"name":"x","title":"X","about":["a","b"],"findings":"c","data":{"images":"x.npy","texts":"y.npy","folds":3},"options":{"epochs":2,"adapter":"mlp","lambda":0.35},
        "cases":[{"name":"a","objective":"cs"},{"name":"b","objective":"infonce","train":"text"}],"grid":{"lr":[0.001,0.1],"bandwidth":["median","within*0.35",0.5,"auto"]},"seeds":[0,1],"automatic":true}
        """;

    private const string EmbeddedSweepText = """
        {"name":"x","data":{"model":"models/icon-clip","text_model":"use","pairs":"icons:alignment","validation":"icons:validation","tests":["icons:lucide"],"tokens":true,"unseen_words":true},
        "cases":[{"name":"lora","lora":"text:r=8,alpha=16,modules=q_proj","own_texts":true},{"name":"few","pairs_fraction":0.1,"unpaired_rest":true,"bandwidth_factors":[0.5,1]},
        {"name":"apart","pairs":"apart","baseline":"whitening"},{"name":"number","pairs":25,"unpaired":10}],"seeds":[3],"heat_map":false}
        """;

    private const string RunText = """
        {"options":{"objective":"cs+infonce","adapter":{"kind":"mlp","size":4},"lambda":0.1,"resume":false,"pairs":null},"inputs":{"images":"x.npy","texts":"y.npy","lora":null},"training_pairs":10,"validation_pairs":2,
        "image_parameters":5,"text_parameters":5,"best_epoch":1,"seconds":1.5,"peak_bytes":1048576,"automatic_choice":[{"bandwidth":"median","lambda":0.1,"cs_divergence_off_diagonal":0.5},{"bandwidth":"within*0.3","lambda":0.1,"cs_divergence_off_diagonal":null}],
        "epochs":[{"epoch":1,"loss":0.5,"infonce":null},{"epoch":2,"loss":0.25}]}
        """;

    private const string ResultsText = """
        cell,seed,test,cs_divergence_off_diagonal,image_to_text_r1,text_to_image_r1,mean_r1,uniformity_x,uniformity_y,centroid_gap,bandwidth,lambda,parameters,seconds,peak_mib,image_to_text_r10,text_to_image_r10
        "a, 0.1",0,"mean of 2 folds",0.5,0.25,0.5,0.375,-1,-2,0.1,0.35,0.1,100,1.5,60,NaN,1

        """;

    private const string DecoderText = """
        {"model_type":"csaligner_decoder","image_size":64,"patch_size":8,"hidden_size":192,"intermediate_size":768,"num_hidden_layers":6,"num_attention_heads":3,"condition_size":192}
        """;

    private const string DecoderRecipeText = """
        {"kind":"decoder","name":"x","seed":1,"image_size":64,"patch_size":8,"width":192,"layers":6,"heads":3,"batch_size":32,"samples":3000000,"warmup_samples":10000,"decay_samples":300000,
        "learning_rate":0.0006,"beta2":0.98,"weight_decay":0,"max_grad_norm":1,"ema_decays":[0.9995,0.9999],"condition_dropout":0.1,"time_mean":-0.8,"time_deviation":0.8,"coloured_repeats":3,"preview_samples":50000,"preview_guidance":2}
        """;

    private static readonly string[] DecoderFiles = [DecoderConfig.FileName, "model.safetensors"];

    private static readonly DecoderConfig TinyDecoder =
        new()
        {
            ImageSize = 4,
            PatchSize = 2,
            HiddenSize = 2,
            IntermediateSize = 2,
            NumHiddenLayers = 1,
            NumAttentionHeads = 1,
            ConditionSize = 2
        };

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Json("clip-config", "config.json", ClipConfigs, ["text_config_dict", "vision_config_dict"], ClipText,
            """{"text_config":{},"vision_config_dict":{"image_size":32}}"""),
        Json("preprocessor", "preprocessor_config.json", Preprocessing,
            ["shortest_edge", "height", "width", "rescale_factor", "SiglipImageProcessor", "ViTImageProcessor", "BitImageProcessor",
                "image_processor_type"], """
            {"crop_size":{"height":64,"width":64},"do_center_crop":true,"do_normalize":true,"do_rescale":true,"do_resize":true,"image_mean":[0.5,0.4,0.3],"image_std":[0.2,0.2,0.2],"resample":3,"rescale_factor":0.00392156862745098,"size":{"shortest_edge":64}}
            """, """{"size":224,"crop_size":224,"image_mean":[0.5,0.4,0.3],"image_std":[0.2,0.2,0.2]}"""),
        Json("graph-preprocessing", "model.preprocessing.json", GraphPreprocessing, ["square", "lanczos", "bicubic", "rgb"], """
            {"size":64,"short_side":72,"resize":"short-side","filter":"bilinear","channels":"bgr","scale":255,"mean":[103.1,115.9,123.2],"std":[1,1,1],"input":"Input247","output":"Pooling395_Output_0"}
            """),
        Json("recipe", "recipe.json", Recipes, ["chunk_size", "coloured_repeats", "zoom", "shift"], """
            {"name":"x","seed":1,"projection_width":64,"image_size":64,"patch_size":16,"context_length":16,"vocabulary_size":1024,"vision":{"width":64,"layers":2,"heads":2},"text":{"width":64,"layers":2,"heads":2},"batch_size":128,"steps":600,"warmup_steps":20,"learning_rate":0.001,"temperature":0.07}
            """),
        Json("sweep", "sweep.json", path => SweepRecipe.Read(path),
            [.. AlignmentOptionList.All.Select(option => option.Key),
                "pairs", "apart", "own", "pairs_fraction", "unpaired", "unpaired_rest", "baseline", "coral", "own_texts", "lora", "auto",
                "heat_map"], SweepText,
            EmbeddedSweepText),
        Json("run", "run.json", path => AlignRun.Read(Path.GetDirectoryName(path)!, "a"), [], RunText),
        Json("features", "features.json", path => FeatureSetInfo.Read(path), [],
            """{"encoder":"e","image_width":4,"text_width":4,"normalised":true,"image_count":10,"text_count":20,"source_hash":"ab","split":null}"""),
        Json("lora-config", "adapter_config.json", path => LoraConfig.Read(path), ["q_proj", "vision_model"], """
            {"peft_type":"LORA","task_type":null,"base_model_name_or_path":"m","r":8,"lora_alpha":16,"lora_dropout":0,"bias":"none","fan_in_fan_out":false,"target_modules":"text_model\\..*\\.(q_proj|v_proj)"}
            """, """{"peft_type":"LORA","r":2,"lora_alpha":4.5,"target_modules":["vision_model.encoder.layers.0.mlp.fc1"]}"""),
        Json("decoder-config", DecoderConfig.FileName, DecoderConfigs, [], DecoderText),
        Json("decoder-recipe", "recipe.json", DecoderRecipes, [], DecoderRecipeText, """{"kind":"decoder","name":"y","samples":1000}"""),
        new()
        {
            Name = "decoder",
            Files = DecoderFiles,
            Run = folder =>
                FuzzTarget.Require(DiffusionDecoder.Load(folder) is { } decoder && decoder.ParameterCount == decoder.Config.ParameterCount,
                    "it has as many values as its sizes say"),
            Words = ["position_embedding", "null_condition", "final.linear.bias"],
            Seeds = () =>
                ((ElementType[])[ElementType.Float16, ElementType.Float32]).Select(type =>
                    SeedFolder.Of(DecoderFiles, folder => DiffusionDecoder.Create(TinyDecoder, new RandomGenerator(1)).Save(folder, type))),
        },
        new()
        {
            Name = "sweep-results",
            Files = ["results.csv"],
            Run = folder => SweepFile.Read(Path.Combine(folder, "results.csv")),
            Seeds = () => [[Encoding.UTF8.GetBytes(ResultsText)]],
        },
        new()
        {
            Name = "metadata",
            Files = ["img_emb/img_emb_0.npy", "metadata/metadata_0.jsonl"],
            Run = folder =>
            {
                foreach (var row in FeatureSet.Open(folder).ReadMetadata()) FuzzTarget.Require(row.Count >= 0, "a row is an object");
            },
            Seeds = () => [[[0x93], "{\"caption\":\"a\",\"image_path\":\"x.png\"}\n\n{\"caption\":\"b\"}\n"u8.ToArray()]],
        },
    ];

    private static FuzzTarget Json(string name, string file, Action<string> read, string[] words, params string[] seeds) => new()
    {
        Name = name,
        Files = [file],
        Run = folder => read(Path.Combine(folder, file)),
        Words = words,
        Seeds = () => seeds.Select(seed => new[] { Encoding.UTF8.GetBytes(seed) }),
    };

    private static void ClipConfigs(string path)
    {
        var config = ClipConfig.Read(path);
        string text = config.ToJson(), copy = path + ".copy";
        File.WriteAllText(copy, text);
        FuzzTarget.Require(ClipConfig.Read(copy).ToJson() == text, "what is written is read again the same");
    }

    private static void Preprocessing(string path)
    {
        var preprocessing = ImagePreprocessing.Read(path);
        string text = preprocessing.ToJson(), copy = path + ".copy";
        File.WriteAllText(copy, text);
        FuzzTarget.Require(ImagePreprocessing.Read(copy).ToJson() == text, "what is written is read again the same");
        if (preprocessing.ImageSize <= 64 && preprocessing.ShortSide <= 256)
            preprocessing.Fit(new byte[5 * 7 * 3], 5, 7, new byte[preprocessing.ImageSize * preprocessing.ImageSize * 3]);
    }

    private static void GraphPreprocessing(string path)
    {
        var settings = ImagePreprocessingSettings.Read(path);
        var whole = settings.Complete(new ImagePreprocessing(32, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation), path);
        if (whole.ImageSize > 64 || whole.ShortSide > 256) return;
        var rgb = new byte[whole.ImageSize * whole.ImageSize * 3];
        whole.Fit(new byte[5 * 7 * 3], 5, 7, rgb);
        whole.Normalize(rgb, new Tensor(1, 3, whole.ImageSize, whole.ImageSize));
    }

    private static void Recipes(string path)
    {
        var recipe = PretrainRecipe.Read(path);
        string text = recipe.ToJson(), copy = path + ".copy";
        File.WriteAllText(copy, text);
        FuzzTarget.Require(PretrainRecipe.Read(copy) == recipe, "what is written is read again the same");
        recipe.ToConfig(1000, 999);
    }

    private static void DecoderConfigs(string path)
    {
        var config = DecoderConfig.Read(path);
        FuzzTarget.Require(config.ParameterCount > 0, "its size can be counted");
        string copy = path + ".copy";
        File.WriteAllText(copy, config.ToJson());
        FuzzTarget.Require(DecoderConfig.Read(copy) == config, "what is written is read again the same");
    }

    private static void DecoderRecipes(string path)
    {
        var recipe = DecoderRecipe.Read(path);
        string text = recipe.ToJson(), copy = path + ".copy";
        File.WriteAllText(copy, text);
        FuzzTarget.Require(DecoderRecipe.Read(copy).ToJson() == text, "what is written is read again the same");
        FuzzTarget.Require(recipe.Steps > 0 && double.IsFinite(recipe.LearningRateAt(0)) && recipe.ToConfig(192).ParameterCount > 0,
            "it can be trained by");
    }
}
