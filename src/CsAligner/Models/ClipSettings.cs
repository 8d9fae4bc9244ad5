namespace CsAligner.Models;

/// <summary>The settings of a CLIP's config.json, as transformers 4 and 5 write it.</summary>
internal static class ClipSettings
{
    // Every model's: how it was stored and trained, what it gives back, how text is generated.
    private static readonly string[] OfAnyModel =
    [
        "_name_or_path", "_commit_hash", "_attn_implementation", "_attn_implementation_autoset", "attn_implementation", "architectures",
        "transformers_version", "torch_dtype", "dtype", "torchscript", "tf_legacy_loss", "use_bfloat16", "xla_device", "return_dict",
        "output_attentions", "output_hidden_states", "output_scores", "output_past", "return_dict_in_generate", "use_cache",
        "gradient_checkpointing", "chunk_size_feed_forward", "tie_word_embeddings", "initializer_factor", "initializer_range", "dropout",
        "attention_dropout", "hidden_dropout", "hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout",
        "projection_dim", "bos_token_id", "pad_token_id", "sep_token_id", "decoder_start_token_id", "tokenizer_class", "prefix",
        "task_specific_params", "problem_type", "finetuning_task", "id2label", "label2id", "num_labels", "max_length", "min_length",
        "do_sample", "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty", "temperature", "top_k", "top_p", "typical_p",
        "repetition_penalty", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids",
        "num_return_sequences", "forced_bos_token_id", "forced_eos_token_id", "remove_invalid_values", "exponential_decay_length_penalty",
        "suppress_tokens", "begin_suppress_tokens", "transformers.js_config",
    ];

    private static readonly string[] OffInAny =
        ["is_decoder", "is_encoder_decoder", "add_cross_attention", "tie_encoder_decoder", "cross_attention_hidden_size", "pruned_heads"];

    private static readonly string[] OfTowers =
        ["model_type", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "hidden_act", "layer_norm_eps"];

    /// <summary>The whole's.</summary>
    public static ConfigKeyRules Whole { get; } = new(
        ["model_type", "logit_scale_init_value", "text_config", "vision_config", "text_config_dict", "vision_config_dict"],
        OfAnyModel, OffInAny);

    /// <summary>The text tower's.</summary>
    public static ConfigKeyRules Text { get; } =
        new([.. OfTowers, "vocab_size", "max_position_embeddings", "eos_token_id"], OfAnyModel, OffInAny);

    /// <summary>The vision tower's. The ends of texts mean nothing to it.</summary>
    public static ConfigKeyRules Vision { get; } =
        new([.. OfTowers, "image_size", "patch_size", "num_channels"], [.. OfAnyModel, "eos_token_id"], OffInAny);
}
