-- Makes the files of this folder, in it, with DuckDB 1.5.6: duckdb < make_parquet.sql
-- Row i of each: caption is null where i is divisible by 7, else 'it''s NUMBER é', NUMBER being i, or i % 50 where a dictionary is
-- wanted (DuckDB then uses one). Texts longer than 12 bytes, several row groups (2,048 rows), columns of kinds that are not read.
COPY (SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'it''s ' || (i % 50) || ' é' END AS caption, 'folder/' || (i % 50) || '.jpg' AS image_path, i AS key, i::INTEGER AS width, i / 4 AS score, ['a', 'b' || i % 3] AS tags, {'x': i % 5, 'y': ['z', NULL]} AS place, TIMESTAMP '2026-01-01' AS made, '\xAA\x00'::BLOB AS bytes FROM range(3000) r(i)) TO 'dictionary-snappy.parquet' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 2048);
COPY (SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'it''s ' || (i % 50) || ' é' END AS caption, i AS key FROM range(3000) r(i)) TO 'dictionary-v2-zstd.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048, PARQUET_VERSION V2);
COPY (SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'it''s ' || i || ' é' END AS caption, i::UINTEGER AS id, i AS image_url FROM range(3000) r(i)) TO 'plain-uncompressed.parquet' (FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE 2048);
COPY (SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'it''s ' || i || ' é' END AS text, i::DOUBLE + 0.5 AS key, 1 AS width FROM range(3000) r(i)) TO 'plain-gzip.parquet' (FORMAT parquet, COMPRESSION gzip, ROW_GROUP_SIZE 2048);
COPY (SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'it''s ' || i || ' é' END AS title, (-i)::INTEGER AS key FROM range(3000) r(i)) TO 'plain-zstd.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048);
COPY (SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'it''s ' || i || ' é' END AS caption, i AS key FROM range(3000) r(i)) TO 'delta-v2-snappy.parquet' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 2048, PARQUET_VERSION V2);
COPY (SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'it''s ' || i || ' é' END AS caption, i::FLOAT AS key FROM range(3000) r(i)) TO 'plain-brotli.parquet' (FORMAT parquet, COMPRESSION brotli, ROW_GROUP_SIZE 2048);
COPY (SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'it''s ' || i || ' é' END AS caption, i AS key FROM range(3000) r(i)) TO 'plain-lz4.parquet' (FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE 2048);
COPY (SELECT ['it''s ' || i] AS captions, i AS key FROM range(10) r(i)) TO 'captions-list.parquet' (FORMAT parquet);
COPY (SELECT 'it''s ' || i AS caption FROM range(0) r(i)) TO 'empty.parquet' (FORMAT parquet);
