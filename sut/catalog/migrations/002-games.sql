-- The games that the system starts with. return_to_player is exact, rounded to six places: a test computes it over all
-- stops, and the service refuses a definition whose declared value is not what its reels and pays give.
with seed as (
  select * from jsonb_to_recordset($games$[
  {"game_id": "cherry-orchard", "title": "Cherry Orchard", "version": 1, "return_to_player": 0.9675,
   "reels": [
     [0, 1, 0, 2, 0, 4, 0, 1, 5, 0, 2, 0, 0, 1, 0, 1, 0, 3, 0, 1],
     [1, 0, 1, 0, 3, 0, 5, 0, 1, 0, 2, 0, 1, 0, 1, 0, 0, 4, 2, 0],
     [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 2, 0, 0, 5, 2, 0, 4, 0, 3, 0]
   ],
   "pays": {"0": 4, "1": 20, "2": 80, "3": 100, "4": 200, "5": 300}},
  {"game_id": "comet-chase", "title": "Comet Chase", "version": 1, "return_to_player": 0.940394,
   "reels": [
     [1, 0, 3, 1, 4, 0, 2, 1, 0, 2, 0, 5, 1, 0, 2, 0, 2, 1, 0, 1, 0, 4, 0, 3],
     [2, 0, 1, 5, 0, 1, 0, 1, 0, 1, 4, 0, 3, 0, 1, 2, 0, 1, 2, 3, 0, 2, 1, 3],
     [1, 0, 3, 0, 1, 5, 3, 0, 4, 0, 2, 0, 2, 0, 1, 0, 1, 0, 2, 1, 2, 0, 3, 0]
   ],
   "pays": {"0": 8, "1": 18, "2": 30, "3": 60, "4": 150, "5": 160}},
  {"game_id": "pyramid-gold", "title": "Pyramid Gold", "version": 1, "return_to_player": 0.923584,
   "reels": [
     [0, 1, 2, 1, 0, 0, 4, 0, 0, 1, 2, 0, 2, 0, 2, 0, 3, 5, 0, 1, 0, 1, 3, 0, 2, 3, 0, 1, 0, 1, 0, 1],
     [2, 0, 1, 3, 1, 0, 0, 1, 0, 3, 5, 2, 0, 0, 4, 0, 1, 0, 2, 0, 2, 0, 1, 0, 3, 2, 1, 0, 1, 0, 1, 0],
     [0, 2, 0, 1, 0, 4, 0, 1, 0, 0, 5, 0, 2, 0, 3, 1, 0, 3, 0, 1, 3, 0, 2, 1, 0, 2, 0, 1, 0, 1, 2, 1]
   ],
   "pays": {"0": 6, "1": 15, "2": 30, "3": 60, "4": 250, "5": 500}}
]$games$) as game(game_id text, title text, version integer, return_to_player double precision, reels jsonb, pays jsonb)
), versions as (
  insert into game_versions (game_id, version, return_to_player, reels, pays)
  select game_id, version, return_to_player, reels, pays from seed
)
insert into games (game_id, title, version) select game_id, title, version from seed;
